-- +goose Up

-- A backup under way. Until its lease expires, no object of a pack is deleted.
create table backup_leases (
    id         text        primary key check (id <> ''),
    target     text        not null check (target <> ''), -- where the backup goes, without credentials
    taken_at   timestamptz not null default now(),
    expires_at timestamptz not null
);

-- The key that signs backups. It is sealed with a key that is not in the database.
create table backup_keys (
    one        boolean     primary key default true check (one),
    public     bytea       not null check (octet_length(public) = 32),
    sealed     bytea       not null check (octet_length(sealed) between 1 and 8192),
    created_at timestamptz not null default now()
);

-- +goose Down
drop table backup_keys, backup_leases;
