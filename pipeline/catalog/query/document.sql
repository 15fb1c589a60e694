-- Statements about many documents lock them in the order of their ids, so that
-- no two of them can deadlock.
--
-- A step marks the work of the active generation, or of its embedder. Generations
-- that are built beside it leave no mark. The share lock makes a change of the
-- active generation wait for the marks under way.

-- name: KnownDocuments :many
select id, oid, mode, revision from documents where id = any(@ids::uuid[]) and state <> 'removed';

-- name: PutDocuments :exec
insert into documents as d (id, track, path, oid, mode, revision, lane, state, chunking, encoding, skip_reason, skip_detail, due_at)
select u.id, @track, u.path, u.oid, u.mode, @revision, @lane,
    case when u.chunking = 0 then 'skipped' else 'chunked' end,
    nullif(u.chunking, 0), nullif(u.encoding, ''), nullif(u.skip_reason, ''), nullif(u.skip_detail, ''),
    case when u.chunking = 0 then null else now() + make_interval(secs => @lease::float8) end
from (select unnest(@ids::uuid[]) as id, unnest(@paths::bytea[]) as path, unnest(@oids::bytea[]) as oid, unnest(@modes::int[]) as mode,
    unnest(@chunkings::bigint[]) as chunking, unnest(@encodings::text[]) as encoding,
    unnest(@skip_reasons::text[]) as skip_reason, unnest(@skip_details::text[]) as skip_detail) u
on conflict (id) do update set
    oid = excluded.oid, mode = excluded.mode, revision = excluded.revision, lane = excluded.lane, state = excluded.state,
    chunking = excluded.chunking, encoding = excluded.encoding, skip_reason = excluded.skip_reason, skip_detail = excluded.skip_detail, attempts = 0, error = null,
    -- An indexer may be writing points of a revision that is not marked yet.
    indexed_revision = case when d.state = 'skipped' then d.indexed_revision else d.revision end,
    due_at = case when excluded.state = 'skipped' and d.state = 'skipped' and d.indexed_revision is null then null
        else now() + make_interval(secs => @lease::float8) end
where d.revision <= excluded.revision and (d.state in ('removed', 'failed')
    or d.chunking is distinct from excluded.chunking
    or d.skip_reason is distinct from excluded.skip_reason or d.skip_detail is distinct from excluded.skip_detail
    or (d.state = 'skipped' and d.oid <> excluded.oid));

-- name: TouchDocuments :exec
update documents d set oid = u.oid, mode = u.mode, encoding = nullif(u.encoding, '')
from (select unnest(@ids::uuid[]) as id, unnest(@oids::bytea[]) as oid, unnest(@modes::int[]) as mode, unnest(@encodings::text[]) as encoding) u
where d.id = u.id and d.revision <= @revision and (d.oid <> u.oid or d.mode <> u.mode or d.encoding is distinct from nullif(u.encoding, ''));

-- name: LockDocuments :many
select id from documents where id = any(@ids::uuid[]) order by id for update;

-- name: DropUnindexed :exec
with gone as (
    delete from documents d where d.id = any(@ids::uuid[]) and d.track = @track and d.revision <= @revision::bigint
        and d.state = 'skipped' and d.due_at is null
    returning d.id, d.track, d.path, d.revision, d.oid, d.mode, d.skip_reason
)
insert into former_documents (document, track, path, since, until, oid, mode, language, skip_reason)
select g.id, g.track, g.path, g.revision, @revision, g.oid, g.mode, '', g.skip_reason from gone g where g.revision < @revision
on conflict do nothing;

-- name: RemoveDocuments :exec
update documents set state = 'removed', chunking = null, encoding = null, skip_reason = null, skip_detail = null, error = null, attempts = 0,
    revision = @revision, lane = @lane, due_at = now() + make_interval(secs => @lease::float8)
where id = any(@ids::uuid[]) and track = @track and revision <= @revision and state <> 'removed';

-- name: LoadMissingTexts :many
-- Uses a record with term weights of an older version, if there is one. The offsets keep the planner
-- to one look into an index for each chunk: as long as it knows nothing about a young table, it would
-- rather read all vectors.
select c.chunking, c.start_byte, c.end_byte, c.text, coalesce(v.key, '')::text as key,
    coalesce(v.position, 0)::bigint as position, coalesce(v.length, 0)::int as length, coalesce(v.crc32c, 0)::bigint as crc32c
from (select distinct unnest(@chunkings::bigint[]) as chunking) u
cross join lateral (
    select c.chunking, c.ordinal, c.start_byte, c.end_byte, c.text from chunks c where c.chunking = u.chunking offset 0
) c
left join lateral (
    select v.text, v.terms, v.position, v.length, v.crc32c, p.key
    from vectors v join packs p on p.id = v.pack where v.embedder = @embedder and v.text = c.text offset 0
) v on true
where v.text is null or v.terms < @terms
order by c.chunking, c.ordinal;

-- name: MarkEmbedded :exec
update documents d set state = 'embedded', error = null, due_at = now() + make_interval(secs => @lease::float8)
from (
    select l.id from documents l
    join (select unnest(@ids::uuid[]) as id, unnest(@revisions::bigint[]) as revision) u on u.id = l.id and u.revision = l.revision
    where l.state in ('chunked', 'failed') order by l.id for no key update of l
) locked
where d.id = locked.id and exists (select 1 from generations g where g.embedder = @embedder and g.state = 'active' for share);

-- name: LoadChunkVectors :many
-- Like LoadMissingTexts, it leaves the planner no choice.
select c.chunking, c.ordinal, c.start_byte, c.end_byte, c.start_line, c.end_line, c.kind, c.symbol, c.symbols, c.symbol_lines,
    v.position, v.length, v.crc32c, v.key
from (select distinct unnest(@chunkings::bigint[]) as chunking) u
cross join lateral (
    select c.chunking, c.ordinal, c.start_byte, c.end_byte, c.start_line, c.end_line, c.kind, c.symbol, c.symbols, c.symbol_lines, c.text
    from chunks c where c.chunking = u.chunking offset 0
) c
cross join lateral (
    select v.position, v.length, v.crc32c, p.key
    from vectors v join packs p on p.id = v.pack where v.embedder = @embedder and v.text = c.text offset 0
) v
order by c.chunking, c.ordinal;

-- name: MarkIndexed :many
-- Only documents of dormant tracks are marked as documents without points. A track that falls
-- asleep or wakes waits for the marks under way.
with track as (
    select t.id from tracks t
    where t.id in (select m.track from documents m where m.id = any(@ids::uuid[])) and (t.dormant_at is not null) = @asleep::bool
    order by t.id for share
)
update documents d set state = 'indexed', indexed_revision = d.revision, attempts = 0, error = null, due_at = null, asleep = @asleep::bool
from (
    select l.id from documents l
    join (select unnest(@ids::uuid[]) as id, unnest(@revisions::bigint[]) as revision) u on u.id = l.id and u.revision = l.revision
    join track on track.id = l.track
    where l.chunking is not null order by l.id for no key update of l
) locked
where d.id = locked.id and exists (select 1 from generations g where g.number = @generation and g.state = 'active' for share)
returning d.id;

-- name: MarkCleared :many
update documents d set indexed_revision = null, due_at = null
from (
    select l.id from documents l
    join (select unnest(@ids::uuid[]) as id, unnest(@revisions::bigint[]) as revision) u on u.id = l.id and u.revision = l.revision
    where l.state = 'skipped' order by l.id for no key update of l
) locked
where d.id = locked.id and exists (select 1 from generations g where g.number = @generation and g.state = 'active' for share)
returning d.id;

-- name: DropRemoved :many
delete from documents d
using (
    select l.id from documents l
    join (select unnest(@ids::uuid[]) as id, unnest(@revisions::bigint[]) as revision) u on u.id = l.id and u.revision = l.revision
    where l.state = 'removed' order by l.id for update of l
) locked
where d.id = locked.id and exists (select 1 from generations g where g.number = @generation and g.state = 'active' for share)
returning d.id;

-- name: FailDocument :one
update documents d set state = case when d.state in ('removed', 'skipped') then d.state else 'failed' end,
    error = case when d.state in ('removed', 'skipped') then null else @reason::text end,
    attempts = d.attempts + 1,
    due_at = now() + make_interval(secs => greatest(sqlc.arg(at_least)::float8,
        least(sqlc.arg(most)::float8, sqlc.arg(first)::float8 * power(2, least(d.attempts, 60))) * (0.5 + random() / 2)))
where d.id = @id and d.revision = @revision and d.due_at is not null
returning d.attempts;

-- name: BuryDocument :exec
update documents d set state = case when d.state in ('removed', 'skipped') then d.state else 'failed' end,
    error = case when d.state in ('removed', 'skipped') then null else @reason::text end,
    attempts = d.attempts + 1, due_at = 'infinity'
where d.id = @id and d.revision = @revision and d.due_at is not null;

-- name: OwedDocuments :many
select id from documents where due_at <= now() order by due_at limit @most;

-- name: LeaseDocuments :exec
update documents d set due_at = now() + make_interval(secs => @lease::float8)
from (
    select l.id from documents l where l.id = any(@ids::uuid[]) and l.due_at <= now() order by l.id for no key update
) locked
where d.id = locked.id;

-- name: LoadDocuments :many
select d.id, d.track, t.repository, r.tenant, t.ref, s.commit, d.path, d.revision, d.lane, d.state, d.indexed_revision, (t.dormant_at is not null)::bool as dormant,
    (d.due_at is not null)::bool as owed,
    coalesce(d.chunking, 0)::bigint as chunking, coalesce(k.blob, '')::bytea as blob, coalesce(k.language, '')::text as language,
    coalesce(k.chunker, 0)::int as chunker, coalesce(k.chunks, 0)::int as chunks,
    coalesce(b.size, 0)::int as size, coalesce(b.position, 0)::bigint as position, coalesce(b.length, 0)::int as length,
    coalesce(b.crc32c, 0)::bigint as crc32c, coalesce(p.key, '')::text as pack
from documents d
join tracks t on t.id = d.track
join repositories r on r.id = t.repository
join snapshots s on s.track = d.track and s.revision = d.revision
left join chunkings k on k.id = d.chunking
left join blobs b on b.sha256 = k.blob
left join packs p on p.id = b.pack
where d.id = any(@ids::uuid[]);

-- name: ListTrack :many
select id from documents where track = @track and id > @after and state <> 'removed' order by id limit @most;
