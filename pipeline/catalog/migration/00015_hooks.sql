-- +goose Up

-- The secrets of a hook are sealed with a key that is not in the database.
create table hooks (
    id             text primary key check (length(id) between 20 and 64), -- part of the hook's address; it cannot be guessed
    tenant         tenant_name not null references tenants on delete cascade,
    name           text        not null check (name <> '' and length(name) <= 100),
    provider       text        not null check (provider <> ''),
    secret         bytea       not null check (octet_length(secret) between 1 and 8192),
    previous       bytea       check (octet_length(previous) between 1 and 8192), -- of before a rotation; null: none
    previous_until timestamptz check ((previous_until is null) = (previous is null)), -- when it no longer counts
    allowed        text[]      not null check (cardinality(allowed) between 1 and 64), -- hosts and owners
    scopes         text[]      not null check (cardinality(scopes) > 0), -- submit, forget, rename
    refs           text[]      not null check (cardinality(refs) <= 64), -- globs of refs to take up, beside those that are tracked
    created_at     timestamptz not null default now(),
    revoked_at     timestamptz,
    refused        bigint      not null default 0, -- deliveries without a valid signature, counted once a second
    refused_at     timestamptz
);
create unique index hooks_name on hooks (tenant, name) where revoked_at is null;

create table deliveries (
    id           bigint generated always as identity primary key,
    hook         text        not null references hooks on delete cascade,
    delivery     text        not null check (delivery <> '' and length(delivery) <= 128), -- the provider's name of it, or one made up
    event        text        not null, -- the provider's name of it; '': none
    received_at  timestamptz not null default now(), -- for the first time
    times        int         not null default 1 check (times > 0), -- how often it came
    replays      int         not null default 0 check (replays >= 0), -- how often somebody had it done again
    content_type text        not null,
    size         int         not null check (size >= 0), -- bytes of the body
    body         text        not null, -- its beginning, without secrets
    effects      jsonb       not null default '[]', -- what it says has happened
    state        text        not null check (state in ('received', 'accepted', 'ignored', 'refused', 'failed')),
    became       jsonb       not null default '[]', -- of each effect
    reason       text        not null default '', -- why it was refused, or has failed
    settled_at   timestamptz check ((settled_at is null) = (state = 'received')),
    unique (hook, delivery)
);
create index deliveries_hook on deliveries (hook, id);
create index deliveries_age on deliveries (received_at);

-- +goose Down
drop table deliveries, hooks;
