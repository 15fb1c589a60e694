-- +goose Up

-- Texts that some worker is having embedded, so that no other pays for them
-- too. A crash of the server that loses the rows costs no more than that.
create unlogged table claims (
    embedder   int         not null references embedders,
    text       bytea       not null check (octet_length(text) = 32),
    holder     uuid        not null,
    expires_at timestamptz not null,
    primary key (embedder, text)
);
create index claims_expired on claims (expires_at);

-- The requests and tokens that all processes together may still use with an
-- embedder this minute. Below 0: they are lent to processes that wait for them.
create table embedder_limits (
    embedder text             primary key check (embedder <> ''),
    requests double precision not null,
    tokens   double precision not null,
    at       timestamptz      not null default now()
);

-- The usage of embedders by UTC day. It outlives the repository, as a bill does.
create table embedder_usage (
    day        date             not null,
    embedder   int              not null references embedders,
    tenant     tenant_name      not null,
    repository uuid             not null,
    texts      bigint           not null check (texts >= 0),
    cached     bigint           not null check (cached >= 0), -- chunks whose text had a vector already
    tokens     bigint           not null check (tokens >= 0),
    requests   double precision not null check (requests >= 0), -- each text's share of them
    retries    bigint           not null check (retries >= 0),
    waited     double precision not null check (waited >= 0), -- seconds, for the provider
    cost       double precision not null check (cost >= 0),
    primary key (tenant, day, embedder, repository)
);

-- The sums that tenants with a budget have spent or reserved, by UTC day.
create table spending (
    tenant tenant_name      not null,
    day    date             not null,
    tokens bigint           not null,
    cost   double precision not null,
    primary key (tenant, day)
);

-- +goose Down
drop table spending, embedder_usage, embedder_limits, claims;
