-- +goose Up

-- An index of a commit that an indexer made, which knows the types of a language. Its edges
-- replace those of the graph of each track that is at that commit.
create table graph_indexes (
    id          uuid        primary key,
    repository  uuid        not null references repositories on delete cascade,
    commit      bytea       not null check (octet_length(commit) in (20, 32)),
    name        text        not null collate "C" check (name <> '' and octet_length(name) <= 128),
    tool        text        not null check (octet_length(tool) <= 300), -- name and version
    hash        bytea       not null check (octet_length(hash) = 32), -- of all that is stored of it
    documents   int         not null check (documents >= 0),
    occurrences bigint      not null check (occurrences >= 0),
    left_out    bigint      not null check (left_out >= 0), -- by a bound, or without a place
    placed      bigint check (placed >= 0), -- references that it says the meaning of; null: not looked at yet
    strange     bigint check (strange >= 0), -- occurrences that are not where the text has a name
    imported_at timestamptz not null default now(),
    unique (repository, commit, name)
);

-- A document of an index: its occurrences of symbols in encoded form.
create table graph_index_files (
    index uuid  not null references graph_indexes on delete cascade,
    path  text  not null collate "C" check (path <> '' and octet_length(path) <= 4096),
    form  bytea not null,
    primary key (index, path)
);

-- The edges of a file as indexes have them. They hold in place of its own as long as the
-- graph is of their commit.
create table graph_exact (
    document uuid     primary key references graph_files on delete cascade,
    track    uuid     not null,
    edges    bytea    not null,
    targets  bigint[] not null
);
create index graph_exact_track on graph_exact (track);
create index graph_exact_targets on graph_exact using gin (targets) with (fastupdate = off);

alter table graphs add column indexes text not null default ''; -- the hashes of those whose edges hold

-- +goose Down
alter table graphs drop column indexes;
drop table graph_exact, graph_index_files, graph_indexes;
