-- name: ListTracks :many
select r.id, r.tenant, r.url, coalesce(t.error, r.error, '')::text as error, t.id as track, coalesce(t.ref, '')::text as ref,
    (r.forgotten_at is not null or t.forgotten_at is not null)::bool as forgotten,
    coalesce(a.removes, 0)::bigint as removes, coalesce(a.documents, 0)::bigint as of_documents,
    (a.approved_at is not null)::bool as approved, coalesce(a.commit, '')::bytea as waiting,
    coalesce(l.commit, s.commit, '')::bytea as commit, coalesce(l.revision, s.revision, 0)::bigint as revision, coalesce(l.state, s.state, '')::text as state,
    exists (select 1 from submissions su where su.repository = r.id and su.state = 'pending') as submitted
from repositories r
left join tracks t on t.repository = r.id
left join approvals a on a.track = t.id
left join snapshots l on l.track = t.id and l.state = 'listing' -- newer than the current one
left join snapshots s on s.track = t.id and s.state in ('indexing', 'indexed')
where r.tenant = @tenant and r.id = any(@repositories::uuid[])
order by r.url, t.ref;

-- name: TenantRepositories :many
select id from repositories where tenant = @tenant;

-- name: CountTracks :many
-- Reads an index alone.
select d.track, d.state, count(*) as documents, coalesce(sum(d.chunks), 0)::bigint as chunks
from documents d
where d.track = any(@tracks::uuid[]) and d.state <> 'removed'
group by d.track, d.state;

-- name: ListSkipped :many
select d.id, t.ref, d.path, d.skip_reason, coalesce(d.skip_detail, '')::text as detail
from documents d join tracks t on t.id = d.track
where t.repository = @repository and d.state = 'skipped' and d.id > @after
order by d.id limit @most;

-- name: ListContents :many
select d.id, d.track, t.repository, r.tenant, d.revision, d.state, d.indexed_revision, d.asleep, (t.dormant_at is not null)::bool as dormant,
    coalesce(k.blob, '')::bytea as blob, coalesce(k.chunker, 0)::int as chunker, coalesce(k.chunks, 0)::int as chunks
from documents d
join tracks t on t.id = d.track
join repositories r on r.id = t.repository
left join chunkings k on k.id = d.chunking
where d.id > @after
order by d.id limit @most;

-- name: LoadContents :many
select d.id, d.track, t.repository, r.tenant, d.revision, d.state, d.indexed_revision, d.asleep, (t.dormant_at is not null)::bool as dormant,
    coalesce(k.blob, '')::bytea as blob, coalesce(k.chunker, 0)::int as chunker, coalesce(k.chunks, 0)::int as chunks
from documents d
join tracks t on t.id = d.track
join repositories r on r.id = t.repository
left join chunkings k on k.id = d.chunking
where d.id = any(@ids::uuid[]);

-- name: CurrentCommits :many
select d.id, d.revision, s.commit, s.revision as at, coalesce(d.encoding, '')::text as encoding
from documents d
join snapshots s on s.track = d.track and s.state in ('indexing', 'indexed') and s.revision >= d.revision
where d.id = any(@ids::uuid[]) and d.state = 'indexed';

-- name: ListPacks :many
select key, size, sha256 from packs where key > @after and deleted_at is null order by key limit @most;

-- name: CountPending :one
select (select count(*) from submissions where state = 'pending')
    + (select count(*) from snapshots where state = 'listing') + (select count(*) from snapshots where state = 'indexing') as open;

-- name: ListOutline :many
select c.start_line, c.end_line, c.kind, c.symbol
from documents d join chunks c on c.chunking = d.chunking
where d.id = @id and d.state <> 'removed' and c.ordinal > @after
order by c.ordinal limit @most;

-- name: ListBlobOutline :many
select c.start_line, c.end_line, c.kind, c.symbol
from chunks c
where c.chunking = (select k.id from chunkings k where k.blob = @blob and k.language = @language order by k.chunker desc limit 1) and c.ordinal > @after::int
order by c.ordinal limit @most;
