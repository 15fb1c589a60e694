-- +goose Up

alter table packs drop constraint packs_kind_check, add check (kind in ('text', 'fact', 'vector'));

-- The facts of a blob: what one version of the extractor found in it, read as one
-- language. Their encoded form is a blob of its own, so it is packed, scrubbed,
-- moved and collected as every text is.
create table facts (
    blob      bytea not null references blobs on delete cascade,
    language  text  not null,
    extractor int   not null check (extractor > 0),
    content   bytea not null references blobs,
    primary key (blob, language, extractor)
);
create index facts_content on facts (content);

-- The graph of a track: the newest snapshot that it was made of whole.
create table graphs (
    track    uuid   primary key references tracks on delete cascade,
    revision bigint not null check (revision >= 0), -- of that snapshot; 0: none yet
    commit   bytea check (octet_length(commit) in (20, 32)),
    version  bigint not null check (version > 0), -- of the extractor and the resolver
    inputs   bytea  not null check (octet_length(inputs) = 32), -- hash of the files that say how modules are found
    layout   jsonb  not null, -- what they say
    changed  bigint not null default 0 check (changed >= 0), -- rises with each change of an edge or a symbol
    made_at  timestamptz not null default now(),
    check ((revision = 0) = (commit is null))
);

-- A file of a graph, with its edges in encoded form. It outlives its document until
-- those files are resolved again that named what it defined.
create table graph_files (
    document uuid  primary key,
    track    uuid  not null references graphs on delete cascade,
    path     text  not null collate "C" check (path <> ''),
    blob     bytea not null check (octet_length(blob) = 32),
    language text  not null,
    package  text  not null, -- that it says to be part of
    stale    bool  not null, -- its edges are to be resolved again
    edges    bytea not null,
    keys     bigint[] not null, -- hashes of all that its resolution looked up
    targets  bigint[] not null  -- hashes of the symbols and files that its edges lead to
);
create index graph_files_track on graph_files (track, path);
create index graph_files_stale on graph_files (track) where stale;
create index graph_files_keys on graph_files using gin (keys) with (fastupdate = off);
create index graph_files_targets on graph_files using gin (targets) with (fastupdate = off);

-- A name that a file defines, or one that it hands on from another file (kind 0).
create table graph_symbols (
    document   uuid     not null references graph_files on delete cascade,
    ordinal    int      not null check (ordinal >= 0),
    track      uuid     not null,
    name       text     not null collate "C" check (name <> ''),
    qualified  text     not null,
    kind       smallint not null check (kind between 0 and 7),
    visibility smallint not null check (visibility between 1 and 4),
    start_line int      not null check (start_line >= 1),
    end_line   int      not null,
    line       int      not null check (line >= 1),
    signature  text     not null,
    doc        text     not null,
    type       text     not null,
    bases      text[]   not null,
    primary key (document, ordinal),
    check (end_line >= start_line)
);
create index graph_symbols_name on graph_symbols (track, name);
create index graph_symbols_folded on graph_symbols (track, lower(name) text_pattern_ops) where kind > 0;

-- +goose Down
drop table graph_symbols, graph_files, graphs, facts;
delete from blobs where pack in (select id from packs where kind = 'fact');
delete from packs where kind = 'fact';
alter table packs drop constraint packs_kind_check, add check (kind in ('text', 'vector'));
