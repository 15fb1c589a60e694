-- +goose Up

-- A track that is held stays at a commit, whatever its ref names meanwhile.
alter table tracks add held bytea check (octet_length(held) in (20, 32));

-- A version is a track that is kept on purpose, under a name.
create table versions (
    repository uuid        not null references repositories on delete cascade,
    name       text        not null check (name ~ '^[A-Za-z0-9][A-Za-z0-9._/+-]{0,127}$'),
    track      uuid        not null references tracks on delete cascade,
    created_at timestamptz not null default now(),
    primary key (repository, name)
);
create index versions_track on versions (track);

-- Commits that were asked for by their own names.
create index tracks_commits on tracks (id) where ref like 'refs/commits/%';

-- +goose Down
drop index tracks_commits;
drop table versions;
alter table tracks drop column held;
