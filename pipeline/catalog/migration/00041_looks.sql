-- +goose Up

-- What the syncer and the pages ask for again and again does not grow with the tracks.
create index repositories_forgotten on repositories (id) where forgotten_at is not null;
create index repositories_unnamed on repositories (id) where name is null;
create index snapshots_done on snapshots (indexed_at) where indexed_at is not null;
create index submissions_ended on submissions (tenant, created_at) where state <> 'pending';

-- A track is polled at a place in the interval that its id decides, and polled_at is the
-- last such time. These are the tracks that are not planned yet, and those that may be due.
create index tracks_unplanned on tracks (id) where polled_at is null;
create index tracks_polled on tracks (polled_at)
    where forgotten_at is null and error is null and successor is null and held is null and ref not like 'refs/commits/%';

-- The current snapshot of each track, and whether its graph was made of something else.
create view current_graphs as
select t.id as track, r.tenant, r.id as repository, s.revision, s.commit, s.listed_at, coalesce(g.revision, 0)::bigint as made, coalesce(g.version, 0)::bigint as version,
    (g.track is null or g.revision <> s.revision or g.owed or g.indexes <> coalesce((
        select string_agg(encode(i.hash, 'hex'), ' ' order by i.name) from graph_indexes i where i.repository = r.id and i.commit = s.commit
    ), ''))::bool as differs
from snapshots s
join tracks t on t.id = s.track
join repositories r on r.id = t.repository
left join graphs g on g.track = t.id
where s.state in ('indexing', 'indexed') and t.forgotten_at is null and r.forgotten_at is null;

-- They lead to graphs that have lately come to be owed.
create index snapshots_listed on snapshots (listed_at) where state in ('indexing', 'indexed');
create index graph_indexes_imported on graph_indexes (imported_at);
create index graphs_owed on graphs (track) where owed;

-- +goose Down
drop index graphs_owed;
drop index graph_indexes_imported;
drop index snapshots_listed;
drop view current_graphs;
drop index tracks_polled;
drop index tracks_unplanned;
drop index submissions_ended;
drop index snapshots_done;
drop index repositories_unnamed;
drop index repositories_forgotten;
