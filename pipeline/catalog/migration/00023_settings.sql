-- +goose Up

-- Settings that change while the workers run. They count more than flags, environment and
-- configuration file. Their history is in the audit log.
create table settings (
    name       text        primary key check (name ~ '^[a-z][a-z0-9-]{0,62}$'),
    value      text        not null check (value <> '' and length(value) <= 256),
    changed_at timestamptz not null default now(),
    actor      text        not null check (actor <> '')
);

-- +goose Down
drop table settings;
