-- name: ListRepositories :many
select id from repositories where id > @after and id <= @last order by id limit @most;

-- name: ListRepositoryTracks :many
select id from tracks where repository = @repository order by id;

-- name: ListTrackContents :many
select d.id, d.track, t.repository, r.tenant, d.revision, d.state, d.indexed_revision, d.asleep, (t.dormant_at is not null)::bool as dormant,
    coalesce(k.blob, '')::bytea as blob, coalesce(k.chunker, 0)::int as chunker, coalesce(k.chunks, 0)::int as chunks
from documents d
join tracks t on t.id = d.track
join repositories r on r.id = t.repository
left join chunkings k on k.id = d.chunking
where d.track = @track and d.id > @after
order by d.id limit @most;
