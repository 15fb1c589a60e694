-- +goose Up

-- A generation is building, then active, then retired, then dropping: its
-- collection and its consumers go, and the row last. One that is retired may be
-- building again: that is how an index is rolled back.
alter table generations drop constraint generations_state_check;
alter table generations
    add check (state in ('building', 'active', 'retired', 'dropping')),
    add column state_at    timestamptz not null default now(), -- since when it is in that state
    -- The source of its first build.
    add column source      text        not null default 'stream' check (source in ('stream', 'catalog')),
    add column served      boolean     not null default false, -- it has been active
    add column verified_at timestamptz, -- when it was found equal to the catalog in that state; null: not yet
    add column points      bigint      not null default 0 check (points >= 0), -- at the last look while building
    add column chunks      bigint      not null default 0 check (chunks >= 0), -- that it is to have points of
    add column rate        float8      not null default 0 check (rate >= 0), -- points a second, of late
    add column sampled_at  timestamptz, -- when the three were measured
    add column error       text check (error <> ''); -- why it does not go on; null: it does
update generations set served = state in ('active', 'retired'), verified_at = case when state = 'active' then now() end;
alter table generations add check ((state in ('active', 'retired')) <= served);
create unique index generations_building on generations ((true)) where state = 'building';

-- Documents that a generation other than the active one could not take, each at one
-- revision. A failure in the active one is the document's own state.
create table generation_failures (
    generation bigint      not null references generations on delete cascade,
    document   uuid        not null references documents on delete cascade,
    revision   bigint      not null,
    attempts   int         not null check (attempts > 0),
    error      text        not null check (error <> ''),
    due_at     timestamptz not null, -- when it is tried again; infinity: not by itself
    primary key (generation, document)
);
create index generation_failures_document on generation_failures (document);

-- +goose Down
drop table generation_failures;
drop index generations_building;
delete from generations where state in ('building', 'dropping');
alter table generations drop constraint generations_state_check;
alter table generations add constraint generations_state_check check (state in ('building', 'active', 'retired')),
    drop column state_at, drop column source, drop column served, drop column verified_at, drop column points,
    drop column chunks, drop column rate, drop column sampled_at, drop column error;
