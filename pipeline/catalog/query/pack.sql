-- name: LoadPack :one
select id, key, kind, size, sha256 from packs where key = @key and deleted_at is null;

-- name: ListPackBlobs :many
select sha256, size, position, length, crc32c from blobs where pack = @pack order by position, sha256;

-- name: ListPackVectors :many
select embedder, text, position, length, crc32c from vectors where pack = @pack order by position, embedder, text;

-- name: MoveBlobs :execrows
update blobs b set pack = @into_pack, position = u.position, length = u.length, crc32c = u.crc32c
from (select unnest(@hashes::bytea[]) as hash, unnest(@positions::bigint[]) as position,
    unnest(@lengths::int[]) as length, unnest(@crcs::bigint[]) as crc32c) u
where b.sha256 = u.hash and b.pack = any(@from_packs::bigint[]);

-- name: MoveVectors :execrows
update vectors v set pack = @into_pack, position = u.position, length = u.length, crc32c = u.crc32c
from (select unnest(@embedders::int[]) as embedder, unnest(@texts::bytea[]) as text, unnest(@positions::bigint[]) as position,
    unnest(@lengths::int[]) as length, unnest(@crcs::bigint[]) as crc32c) u
where v.embedder = u.embedder and v.text = u.text and v.pack = any(@from_packs::bigint[]);

-- name: DropVectors :many
delete from vectors v
using (select unnest(@embedders::int[]) as embedder, unnest(@texts::bytea[]) as text) u
where v.embedder = u.embedder and v.text = u.text and v.pack = @pack
returning v.text;

-- name: EmbedAgain :many
update documents d set state = 'chunked', due_at = now()
from (
    select l.id from documents l
    where l.chunking in (select c.chunking from chunks c where c.text = any(@texts::bytea[])) and l.state in ('embedded', 'indexed')
    order by l.id for no key update of l
) locked
where d.id = locked.id
returning d.track;

-- name: ListBlobSources :many
-- The places where a blob can be read again: a commit of each track that holds it.
select distinct on (k.blob, t.id) k.blob, d.oid, coalesce(d.encoding, '')::text as encoding, t.repository, coalesce(r.fetch_url, r.url)::text as url, t.ref, coalesce(c.commit, s.commit)::bytea as commit
from chunkings k
join documents d on d.chunking = k.id
join tracks t on t.id = d.track
join repositories r on r.id = t.repository
join snapshots s on s.track = d.track and s.revision = d.revision
left join snapshots c on c.track = d.track and c.state in ('indexing', 'indexed')
where k.blob = any(@blobs::bytea[])
order by k.blob, t.id;

-- name: ListStoredPacks :many
select key, size, sha256, (deleted_at is not null)::bool as deleted from packs where key > @after order by key limit @most;

-- name: ListWarmPacks :many
select key, size, sha256 from packs
where key > @after and deleted_at is null and created_at < now() - make_interval(secs => @age::float8) and class is distinct from @class::text
order by key limit @most;

-- name: NotePackClass :exec
update packs set class = @class::text where key = @key;

-- name: ForgetPackClasses :exec
update packs set class = null where class is not null;
