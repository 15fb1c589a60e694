-- name: PageHeads :many
-- By URL and ref, after one, in the order of their bytes.
select r.id, r.tenant, r.url, t.id as track, coalesce(t.ref, '')::text as ref,
    coalesce(l.commit, s.commit, '')::bytea as commit, coalesce(l.revision, s.revision, 0)::bigint as revision, coalesce(l.state, s.state, '')::text as state,
    coalesce(t.held, '')::bytea as held, (t.dormant_at is not null)::bool as dormant, coalesce(t.turning, false)::bool as turning, array(select v.name from versions v where v.track = t.id order by v.name)::text[] as versions
from repositories r
left join tracks t on t.repository = r.id
left join snapshots l on l.track = t.id and l.state = 'listing' -- newer than the current one
left join snapshots s on s.track = t.id and s.state in ('indexing', 'indexed')
where r.tenant = @tenant and r.url collate "C" >= @after_url::text and (r.url collate "C" > @after_url or coalesce(t.ref, '') collate "C" > @after_ref::text)
order by r.url collate "C", t.ref collate "C" limit @most;

-- name: ListHeads :many
select r.id, r.tenant, r.url, t.id as track, coalesce(t.ref, '')::text as ref,
    coalesce(l.commit, s.commit, '')::bytea as commit, coalesce(l.revision, s.revision, 0)::bigint as revision, coalesce(l.state, s.state, '')::text as state,
    coalesce(t.held, '')::bytea as held, (t.dormant_at is not null)::bool as dormant, coalesce(t.turning, false)::bool as turning, array(select v.name from versions v where v.track = t.id order by v.name)::text[] as versions
from repositories r
left join tracks t on t.repository = r.id
left join snapshots l on l.track = t.id and l.state = 'listing' -- newer than the current one
left join snapshots s on s.track = t.id and s.state in ('indexing', 'indexed')
where r.tenant = @tenant and r.id = any(@repositories::uuid[])
order by r.url collate "C", t.ref collate "C";

-- name: LoadHeads :many
select r.id, r.tenant, r.url, t.id as track, t.ref,
    coalesce(l.commit, s.commit, '')::bytea as commit, coalesce(l.revision, s.revision, 0)::bigint as revision, coalesce(l.state, s.state, '')::text as state,
    coalesce(t.held, '')::bytea as held, (t.dormant_at is not null)::bool as dormant, coalesce(t.turning, false)::bool as turning, array(select v.name from versions v where v.track = t.id order by v.name)::text[] as versions
from tracks t
join repositories r on r.id = t.repository
left join snapshots l on l.track = t.id and l.state = 'listing' -- newer than the current one
left join snapshots s on s.track = t.id and s.state in ('indexing', 'indexed')
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
-- At a revision: if several rows of a document were kept since then, the first one to end counts.
with former as (
    select distinct on (p.document) p.document, p.path, p.mode, p.skip_reason, p.language, p.blob
    from former_documents p where p.track = @track and p.since <= @at::bigint and p.until > @at order by p.document, p.until
), files as (
    select d.path, d.mode, d.state, d.skip_reason, k.language, k.blob
    from documents d left join chunkings k on k.id = d.chunking
    where d.track = @track and d.state <> 'removed' and d.revision <= @at and not exists (select 1 from former where former.document = d.id)
    union all
    select former.path, former.mode, case when former.skip_reason is null then 'indexed' else 'skipped' end, former.skip_reason, former.language, former.blob from former
)
select f.path::bytea as path, f.mode::int as mode, f.state::text as state, coalesce(f.skip_reason, '')::text as skip_reason,
    coalesce(f.language, '')::text as language, coalesce(b.size, 0)::int as size
from files f left join blobs b on b.sha256 = f.blob
where f.path > @after::bytea and substring(f.path for octet_length(@under::bytea)) = @under::bytea
order by f.path limit @most;

-- name: LoadFormer :one
-- A text without another holder is gone.
select p.since, p.mode, coalesce(p.skip_reason, '')::text as skip_reason, coalesce(p.encoding, '')::text as encoding,
    coalesce(p.blob, '')::bytea as blob, p.language, coalesce(b.size, 0)::int as size, (b.sha256 is not null)::bool as stored
from former_documents p left join blobs b on b.sha256 = p.blob
where p.document = @document and p.since <= @at::bigint and p.until > @at
order by p.until limit 1;

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
-- A snapshot that was superseded before it was listed does not know its commit's files.
select s.track, s.revision, s.commit, (s.revision >= t.listable_since)::bool as listable
from tracks t join snapshots s on s.track = t.id
where t.repository = any(@repositories::uuid[]) and s.listed_at is not null and starts_with(encode(s.commit, 'hex'), @beginning::text)
order by s.revision desc limit @most;
