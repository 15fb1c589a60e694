-- +goose Up

-- The processes that work, and the messages that each has in hand. A process writes its
-- row every few seconds while it lives. What it says is true for a moment only, so the
-- table is not logged, and a crash of Postgres empties it.
create unlogged table workers (
    id         uuid        primary key,
    name       text        not null check (name <> '' and length(name) <= 32),
    host       text        not null check (host <> '' and length(host) <= 255),
    started_at timestamptz not null,
    seen_at    timestamptz not null default now(),
    held       integer     not null check (held >= 0), -- messages, of which holdings are some
    holdings   jsonb       not null check (jsonb_typeof(holdings) = 'array')
);

-- +goose Down
drop table workers;
