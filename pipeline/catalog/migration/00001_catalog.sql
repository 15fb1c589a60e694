-- +goose Up

-- Hashes are bytea: 32 bytes for a SHA-256, 20 or 32 for a git object id.
create domain tenant_name as text check (value ~ '^[a-z0-9][a-z0-9_-]{0,62}$');
create domain lane_name as text check (value in ('live', 'bulk'));

create table repositories (
    id         uuid primary key,
    tenant     tenant_name not null,
    url        text        not null check (url <> ''),
    error      text check (error <> ''), -- why its last submission failed; null: it did not
    created_at timestamptz not null default now(),
    unique (tenant, url),
    -- A URL holds no credential: for http that is all user information, elsewhere the password.
    check (url !~* '^https?://[^/]*@' and url !~* '^[a-z][a-z0-9+.-]*://[^/:]*:[^/]*@')
);

create table tracks (
    id         uuid primary key,
    repository uuid        not null references repositories on delete cascade,
    ref        text        not null check (ref = 'HEAD' or ref like 'refs/%'),
    revision   bigint      not null default 0 check (revision >= 0), -- the last one handed out
    created_at timestamptz not null default now(),
    unique (repository, ref)
);

-- A snapshot is listing (its tree is being read), then indexing (the listing is
-- complete), then indexed; superseded when a later one takes its place.
create table snapshots (
    track      uuid        not null references tracks on delete cascade,
    revision   bigint      not null check (revision > 0),
    commit     bytea       not null check (octet_length(commit) in (20, 32)),
    -- Fingerprint of the configuration that decides which files are read, and how.
    config     bytea       not null check (octet_length(config) = 32),
    rules      bytea       not null check (octet_length(rules) = 32), -- the same with what the commit itself adds to it
    lane       lane_name   not null,
    state      text        not null check (state in ('listing', 'indexing', 'indexed', 'superseded')),
    files      bigint check (files >= 0), -- in the commit's tree; known when the listing is complete
    created_at timestamptz not null default now(),
    listed_at  timestamptz,
    indexed_at timestamptz,
    primary key (track, revision),
    check ((files is null) = (listed_at is null)),
    check (state <> 'listing' or listed_at is null),
    check (state not in ('indexing', 'indexed') or listed_at is not null),
    check ((state = 'indexed') <= (indexed_at is not null)),
    check ((indexed_at is not null) <= (listed_at is not null and state in ('indexed', 'superseded')))
);
create unique index snapshots_current on snapshots (track) where state in ('indexing', 'indexed');
create unique index snapshots_listing on snapshots (track) where state = 'listing';
create index snapshots_indexing on snapshots (track) where state = 'indexing';

-- One row for each repo.submitted that could be understood.
create table submissions (
    tenant     tenant_name not null,
    source     text        not null check (source <> ''),
    event      text        not null check (event <> ''),
    repository uuid references repositories on delete cascade, -- null: refused before it named one
    ref        text        not null, -- as asked for; '' is the default branch
    state      text        not null check (state in ('pending', 'done', 'failed')),
    track      uuid,
    revision   bigint,
    attempts   int         not null default 0 check (attempts >= 0),
    error      text check (error <> ''),
    due_at     timestamptz, -- when it is published again if nothing has come of it
    created_at timestamptz not null default now(),
    primary key (tenant, source, event),
    foreign key (track, revision) references snapshots on delete cascade,
    check ((track is null) = (revision is null)),
    check ((state = 'done') = (revision is not null)),
    check ((state = 'pending') = (due_at is not null)),
    check ((state = 'failed') <= (error is not null)),
    check ((state = 'done') <= (error is null)),
    check (repository is not null or state = 'failed')
);
create index submissions_due on submissions (due_at) where due_at is not null;
create index submissions_repository on submissions (repository, created_at);
create index submissions_pending on submissions (repository) where state = 'pending';
create index submissions_snapshot on submissions (track, revision) where revision is not null;

create table packs (
    id         bigint generated always as identity primary key,
    key        text collate "C" not null unique check (key <> ''),
    kind       text        not null check (kind in ('text', 'vector')),
    size       bigint      not null check (size > 0),
    sha256     bytea       not null check (octet_length(sha256) = 32),
    created_at timestamptz not null default now()
);

-- An empty blob is in no pack: there is nothing to store.
create table blobs (
    sha256   bytea primary key check (octet_length(sha256) = 32),
    size     int not null check (size >= 0),
    pack     bigint references packs,
    position bigint check (position >= 0),
    length   int check (length > 0),
    crc32c   bigint check (crc32c between 0 and 4294967295),
    check (num_nulls(pack, position, length, crc32c) in (0, 4)),
    check ((size = 0) = (pack is null))
);
create index blobs_pack on blobs (pack);

-- A chunking is a blob cut as one language by one version of the chunker.
create table chunkings (
    id       bigint generated always as identity primary key,
    blob     bytea not null references blobs,
    language text  not null, -- '': unknown
    chunker  int   not null check (chunker > 0),
    chunks   int   not null check (chunks >= 0),
    unique (blob, language, chunker)
);

create table chunks (
    chunking   bigint not null references chunkings on delete cascade,
    ordinal    int    not null check (ordinal >= 0),
    start_byte int    not null check (start_byte >= 0),
    end_byte   int    not null,
    start_line int    not null check (start_line >= 1),
    end_line   int    not null,
    kind       text   not null,
    symbol     text   not null,
    text       bytea  not null check (octet_length(text) = 32), -- SHA-256 of the bytes from start_byte to end_byte
    primary key (chunking, ordinal),
    check (end_byte > start_byte),
    check (end_line >= start_line)
);

create table embedders (
    id         int generated always as identity primary key,
    name       text not null unique check (name <> ''),
    dimensions int  not null check (dimensions > 0),
    distance   text not null check (distance in ('dot', 'cosine'))
);

create table vectors (
    embedder int    not null references embedders,
    text     bytea  not null check (octet_length(text) = 32),
    pack     bigint not null references packs,
    position bigint not null check (position >= 0),
    length   int    not null check (length > 0),
    crc32c   bigint not null check (crc32c between 0 and 4294967295),
    primary key (embedder, text)
);
create index vectors_pack on vectors (pack);

create table generations (
    number     bigint generated always as identity primary key,
    embedder   int         not null references embedders,
    collection text        not null unique check (collection <> ''),
    state      text        not null check (state in ('building', 'active', 'retired')),
    created_at timestamptz not null default now()
);
create unique index generations_active on generations ((true)) where state = 'active';

-- A document is chunked, then embedded, then indexed; or skipped, with the
-- reason; or failed, with the error; or removed, until its points are gone.
-- Every document that is not finished has a due time, by which the syncer finds it.
create table documents (
    id               uuid primary key,
    track            uuid      not null references tracks on delete cascade,
    path             bytea     not null check (octet_length(path) > 0),
    oid              bytea     not null check (octet_length(oid) in (20, 32)),
    mode             int       not null check (mode > 0),
    revision         bigint    not null, -- of the snapshot that last changed it
    lane             lane_name not null,
    state            text      not null check (state in ('chunked', 'embedded', 'indexed', 'failed', 'skipped', 'removed')),
    chunking         bigint references chunkings,
    skip_reason      text check (skip_reason <> ''),
    skip_detail      text check (skip_detail <> ''),
    indexed_revision bigint, -- points of this revision and of older ones may be in the index; null: it has none
    attempts         int       not null default 0 check (attempts >= 0),
    error            text check (error <> ''),
    due_at           timestamptz, -- when its work is published again; infinity: by hand alone; null: it is finished
    foreign key (track, revision) references snapshots,
    check (indexed_revision <= revision),
    check ((state = 'indexed') <= (indexed_revision is not null and indexed_revision = revision)),
    check ((state in ('skipped', 'removed')) = (chunking is null)),
    check ((state = 'skipped') = (skip_reason is not null)),
    check ((skip_detail is not null) <= (state = 'skipped')),
    check ((state = 'failed') = (error is not null)),
    check ((due_at is not null) = (state in ('chunked', 'embedded', 'failed', 'removed')
        or (state = 'skipped' and indexed_revision is not null)))
);
create index documents_track on documents (track, id);
create index documents_revision on documents (track, revision);
create index documents_due on documents (due_at) where due_at is not null;
create index documents_open on documents (track) where state <> 'failed' and due_at < 'infinity';
create index documents_skipped on documents (track, id) where state = 'skipped';
create index documents_chunking on documents (chunking);

-- Messages that could not be handled and are not tried again by themselves.
create table dead_letters (
    id         bigint generated always as identity primary key,
    worker     text        not null check (worker <> ''),
    tenant     text        not null,
    document   uuid references documents on delete cascade,
    subject    text        not null,
    headers    jsonb       not null,
    payload    bytea       not null check (octet_length(payload) <= 65536),
    reason     text        not null check (reason <> ''),
    attempts   int         not null check (attempts > 0),
    created_at timestamptz not null default now()
);
create index dead_letters_document on dead_letters (document);

-- +goose Down
drop table dead_letters, documents, generations, vectors, embedders, chunks, chunkings, blobs, packs,
    submissions, snapshots, tracks, repositories;
drop domain lane_name, tenant_name;
