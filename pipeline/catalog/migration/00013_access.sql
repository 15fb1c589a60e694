-- +goose Up

-- Null is no limit.
create table tenants (
    name                tenant_name primary key,
    max_repositories    bigint check (max_repositories > 0),
    max_documents       bigint check (max_documents > 0), -- indexed or to be, of all tracks
    max_tokens_day      bigint check (max_tokens_day > 0), -- of embedding, by UTC
    max_cost_day        double precision check (max_cost_day > 0), -- in the currency of the price table
    max_requests_minute int check (max_requests_minute > 0),
    shares_credentials  boolean     not null default false, -- may fetch with the installation's own credentials
    created_at          timestamptz not null default now()
);

-- Tenants that are there already fetch with the installation's credentials, as they did.
insert into tenants (name, shares_credentials)
select tenant, true from repositories union select 'default', true;

create table tokens (
    id           uuid primary key,
    tenant       tenant_name references tenants on delete cascade, -- null: of the installation
    name         text        not null check (name <> '' and length(name) <= 100),
    hash         bytea       not null unique check (octet_length(hash) = 32), -- SHA-256 of the token
    scopes       text[]      not null check (cardinality(scopes) > 0),
    repositories text[]      not null check (cardinality(repositories) <= 64), -- globs; empty: all
    created_at   timestamptz not null default now(),
    expires_at   timestamptz check (expires_at > created_at), -- null: never
    used_at      timestamptz, -- to the minute
    revoked_at   timestamptz,
    rotated_from uuid references tokens on delete set null
);
create index tokens_tenant on tokens (tenant, id);
create index tokens_rotated_from on tokens (rotated_from);

-- A credential is sealed with a key that is not in the database, and bound to its
-- tenant and host.
create table git_credentials (
    tenant     tenant_name not null references tenants on delete cascade,
    host       text        not null check (host <> '' and length(host) <= 260), -- with the port unless it is the default
    sealed     bytea       not null check (octet_length(sealed) between 1 and 8192),
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    primary key (tenant, host)
);

-- Who changed what. A partition holds a month; the syncer makes those of the months to
-- come, and drops the old. What no month's partition takes is in audit_rest.
create sequence audit_id;
create table audit (
    id      bigint      not null default nextval('audit_id'),
    at      timestamptz not null default now(),
    tenant  text        not null, -- '': of the installation
    actor   text        not null check (actor <> ''), -- name of the token, person or operator
    token   text        not null, -- public id; '': none
    door    text        not null, -- such as http or cli
    address text        not null, -- of the client; '': unknown
    request text        not null, -- id of the request; '': none
    action  text        not null check (action <> ''), -- such as token.create
    target  text        not null, -- what was changed
    before  jsonb, -- null: it did not exist
    after   jsonb, -- null: it does not exist any more
    primary key (at, id)
) partition by range (at);
create table audit_rest partition of audit default;
create index audit_tenant on audit (tenant, id);
create index audit_number on audit (id);

-- +goose Down
drop table audit, git_credentials, tokens, tenants;
drop sequence audit_id;
