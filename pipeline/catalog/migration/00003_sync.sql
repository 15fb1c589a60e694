-- +goose Up

-- The runs of the syncer, and when each kind of its work is due again.
create table sync_work (
    kind   text primary key check (kind <> ''),
    due_at timestamptz not null,
    cursor text        not null default '' -- where a run that was cut short goes on; '': at the beginning
);

create table sync_runs (
    id          bigint generated always as identity primary key,
    kind        text        not null check (kind <> ''),
    started_at  timestamptz not null default now(),
    finished_at timestamptz, -- null: under way, or its syncer died
    compared    bigint      not null default 0 check (compared >= 0),
    found       bigint      not null default 0 check (found >= 0),
    repaired    bigint      not null default 0 check (repaired >= 0),
    error       text check (error <> ''),
    check (finished_at >= started_at)
);
create index sync_runs_kind on sync_runs (kind, id desc);

-- A pack is never deleted without its row having been marked before, and a
-- marked row is never used again: see docs/adr/0006-garbage.md.
alter table packs
    add column deleted_at timestamptz, -- its object is to go, or is gone
    add column gone_at    timestamptz, -- the store has confirmed that
    add check (gone_at is null or deleted_at is not null);
create index packs_deleted on packs (deleted_at) where deleted_at is not null;

alter table chunkings add column unused_since timestamptz; -- when the syncer first saw that no document refers to it
create index chunkings_unused on chunkings (unused_since) where unused_since is not null;

-- Finds the chunks that have a text: a vector without one is of no use any more,
-- and a document with a chunk whose vector is lost is embedded again. For
-- 500,000 chunks a hash index takes 18 MB and adds 6 µs to an insert; a b-tree
-- takes 37 MB and adds 15 µs.
create index chunks_text on chunks using hash (text);

-- +goose Down
drop index chunks_text, chunkings_unused, packs_deleted;
alter table chunkings drop column unused_since;
delete from packs where deleted_at is not null;
alter table packs drop column gone_at, drop column deleted_at;
drop table sync_runs, sync_work;
