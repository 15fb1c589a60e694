-- +goose Up

-- A key domain is a tenant whose texts are sealed by keys of its own. The installation is a
-- domain, too, and has no row. A domain whose keys were destroyed is never used again: the
-- tenant may get another one.
create table key_domains (
    name         text        primary key check (name = tenant || '.' || number),
    tenant       tenant_name not null,
    number       int         not null check (number > 0), -- of the tenant's domains
    created_at   timestamptz not null default now(),
    destroyed_at timestamptz
);
create unique index key_domains_tenant on key_domains (tenant) where destroyed_at is null;

-- The keys that seal packs, each wrapped by a key that is not in the database. The names of
-- packs in S3 say which key has sealed them. A row is never deleted.
create table pack_keys (
    id           text        primary key check (id ~ '^[0-9a-f]{8}$'),
    domain       text        references key_domains, -- null: the installation's
    state        text        not null check (state in ('active', 'retired', 'destroyed')),
    wrapped      bytea       check (octet_length(wrapped) between 1 and 8192), -- null: destroyed
    wrapped_by   text        not null check (wrapped_by <> '' and length(wrapped_by) <= 256), -- id of the wrapping key
    created_at   timestamptz not null default now(),
    retired_at   timestamptz,
    destroyed_at timestamptz,
    check ((state = 'active') = (retired_at is null)),
    check ((state = 'destroyed') = (destroyed_at is not null)),
    check ((state = 'destroyed') = (wrapped is null))
);
create unique index pack_keys_active on pack_keys ((coalesce(domain, ''))) where state = 'active';

-- +goose Down
-- Without these keys no pack that they have sealed can ever be read again.
-- +goose StatementBegin
do $$ begin
    if exists (select 1 from packs p join pack_keys k on k.id = substring(p.key from '\.([0-9a-f]{8})\.[0-9a-f]{32}\.pack$')
        where p.deleted_at is null and k.state <> 'destroyed') then
        raise exception 'packs are sealed by keys of the table pack_keys, which this step would drop: go back to a backup of before the upgrade instead';
    end if;
end $$;
-- +goose StatementEnd
drop table pack_keys, key_domains;
