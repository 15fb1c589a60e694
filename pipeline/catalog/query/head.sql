-- name: ListHeads :many
select r.id, r.tenant, r.url, t.id as track, coalesce(t.ref, '')::text as ref,
    coalesce(s.commit, '')::bytea as commit, coalesce(s.revision, 0)::bigint as revision, coalesce(s.state, '')::text as state,
    coalesce(t.held, '')::bytea as held, (t.dormant_at is not null)::bool as dormant, coalesce(t.turning, false)::bool as turning, array(select v.name from versions v where v.track = t.id order by v.name)::text[] as versions
from repositories r
left join tracks t on t.repository = r.id
left join lateral (
    select sn.commit, sn.revision, sn.state from snapshots sn
    where sn.track = t.id and sn.state <> 'superseded' order by sn.revision desc limit 1
) s on true
where r.tenant = @tenant and (cardinality(@repositories::uuid[]) = 0 or r.id = any(@repositories::uuid[]))
order by r.url, t.ref;

-- name: LoadHeads :many
select r.id, r.tenant, r.url, t.id as track, t.ref,
    coalesce(s.commit, '')::bytea as commit, coalesce(s.revision, 0)::bigint as revision, coalesce(s.state, '')::text as state,
    coalesce(t.held, '')::bytea as held, (t.dormant_at is not null)::bool as dormant, coalesce(t.turning, false)::bool as turning, array(select v.name from versions v where v.track = t.id order by v.name)::text[] as versions
from tracks t
join repositories r on r.id = t.repository
left join lateral (
    select sn.commit, sn.revision, sn.state from snapshots sn
    where sn.track = t.id and sn.state <> 'superseded' order by sn.revision desc limit 1
) s on true
where t.id = any(@tracks::uuid[]) and r.tenant = @tenant;

-- name: LoadFile :one
select d.revision, d.mode, d.state, coalesce(d.skip_reason, '')::text as skip_reason, coalesce(d.encoding, '')::text as encoding,
    coalesce(k.blob, '')::bytea as blob, coalesce(k.language, '')::text as language, coalesce(b.size, 0)::int as size,
    s.commit, s.revision as at
from documents d
join lateral (
    select sn.commit, sn.revision from snapshots sn
    where sn.track = d.track and sn.revision >= d.revision and (sn.state in ('indexing', 'indexed') or sn.revision = d.revision)
    order by (sn.state in ('indexing', 'indexed')) desc, sn.revision desc limit 1
) s on true
left join chunkings k on k.id = d.chunking
left join blobs b on b.sha256 = k.blob
where d.id = @id and d.state <> 'removed';

-- name: ListFiles :many
select d.path, d.mode, d.state, coalesce(d.skip_reason, '')::text as skip_reason,
    coalesce(k.language, '')::text as language, coalesce(b.size, 0)::int as size
from documents d
left join chunkings k on k.id = d.chunking
left join blobs b on b.sha256 = k.blob
where d.track = @track and d.state <> 'removed' and d.path > @after and substring(d.path for octet_length(@under::bytea)) = @under::bytea
order by d.path limit @most;

-- name: ListDocumentBlobs :many
select d.path, coalesce(d.skip_reason, '')::text as skip_reason, coalesce(k.language, '')::text as language, coalesce(k.blob, '')::bytea as blob,
    coalesce(b.size, 0)::int as size
from documents d
left join chunkings k on k.id = d.chunking
left join blobs b on b.sha256 = k.blob
where d.track = @track and d.state <> 'removed' and d.path > @after
order by d.path limit @most;

-- name: ListTexts :many
select d.path, b.size, b.position, b.length, b.crc32c, p.key
from documents d
join chunkings k on k.id = d.chunking
join blobs b on b.sha256 = k.blob
join packs p on p.id = b.pack
where d.track = @track and d.state <> 'removed' and d.path >= @since and (cardinality(@languages::text[]) = 0 or k.language = any(@languages))
order by d.path limit @most;

-- name: FindPast :many
-- A snapshot that was superseded before it was listed says nothing of its commit's files.
select s.track, s.revision, s.commit
from tracks t join snapshots s on s.track = t.id
where t.repository = any(@repositories::uuid[]) and s.listed_at is not null and starts_with(encode(s.commit, 'hex'), @beginning::text)
order by s.revision desc limit @most;
