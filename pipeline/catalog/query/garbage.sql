-- name: MarkUnused :one
-- The syncer deletes rows that no document refers to. A writer may be about to
-- refer to such a row, so each deletion takes two statements: the first locks the
-- rows, and the second, with a later snapshot, looks again before it deletes. They
-- skip rows that a writer has locked, so that they cannot deadlock with it.
with page as (
    select k.id, k.unused_since, exists (select 1 from documents d where d.chunking = k.id) as used
    from chunkings k where k.id > @after order by k.id limit @most
), marked as (
    update chunkings k set unused_since = case when p.used then null else now() end
    from page p where k.id = p.id and (p.unused_since is not null) = p.used
)
select coalesce(max(id), 0)::bigint as last, count(*) as looked from page;

-- name: LockUnused :many
select id from chunkings where unused_since <= now() - make_interval(secs => @grace::float8)
order by unused_since limit @most for update skip locked;

-- name: LockChunkingsOf :many
select id from chunkings where blob = any(@blobs::bytea[]) order by id for update skip locked;

-- name: KeepUsed :exec
update chunkings k set unused_since = null
where k.id = any(@ids::bigint[]) and exists (select 1 from documents d where d.chunking = k.id);

-- name: DropUnused :execrows
delete from chunkings k where k.id = any(@ids::bigint[]) and not exists (select 1 from documents d where d.chunking = k.id);

-- name: BlobPageEnd :one
select sha256 from blobs where sha256 > @after order by sha256 offset @most limit 1;

-- name: LockUnusedBlobs :many
select b.sha256 from blobs b
where b.sha256 > @after and b.sha256 <= @upto and not exists (select 1 from chunkings k where k.blob = b.sha256)
    and not exists (select 1 from facts f where f.content = b.sha256)
for update skip locked;

-- name: LockBlobs :many
select sha256 from blobs where sha256 = any(@hashes::bytea[]) order by sha256 for update skip locked;

-- name: DropBlobs :execrows
delete from blobs b where b.sha256 = any(@hashes::bytea[]) and not exists (select 1 from chunkings k where k.blob = b.sha256)
    and not exists (select 1 from facts f where f.content = b.sha256);

-- name: VectorPageEnd :one
select text from vectors where embedder = @embedder and text > @after order by text offset @most limit 1;

-- name: DropUnusedVectors :execrows
delete from vectors v
where v.embedder = @embedder and v.text > @after and v.text <= @upto and not exists (select 1 from chunks c where c.text = v.text);

-- name: ListEmbedders :many
select id from embedders order by id;

-- name: ListPackUse :many
select p.id, p.key, p.size, p.sha256,
    (coalesce((select sum(b.length) from blobs b where b.pack = p.id), 0)
    + coalesce((select sum(v.length) from vectors v where v.pack = p.id), 0))::bigint as live
from packs p where p.key > @after and p.deleted_at is null order by p.key limit @most;

-- name: LockPacks :many
select id from packs where key = any(@keys::text[]) and deleted_at is null order by id for update;

-- name: MarkPacksDeleted :many
update packs p set deleted_at = now()
where p.id = any(@ids::bigint[]) and p.deleted_at is null
    and not exists (select 1 from blobs b where b.pack = p.id) and not exists (select 1 from vectors v where v.pack = p.id)
returning p.key;

-- name: AddDeletedPacks :many
insert into packs (key, kind, size, sha256, deleted_at)
select u.key, split_part(u.key, '/', 1), u.size, u.sha256, now()
from (select unnest(@keys::text[]) as key, unnest(@sizes::bigint[]) as size, unnest(@hashes::bytea[]) as sha256) u
order by u.key
on conflict (key) do nothing
returning key;

-- name: KnownPacks :many
select key, (deleted_at is not null)::bool as deleted, (gone_at is not null)::bool as gone from packs where key = any(@keys::text[]);

-- name: ListDeletedPacks :many
select key from packs
where deleted_at <= now() - make_interval(secs => @grace::float8) and gone_at is null and key > @after order by key limit @most;

-- name: MarkPacksGone :exec
update packs set gone_at = now() where key = any(@keys::text[]) and deleted_at is not null;

-- name: ForgetPacks :execrows
delete from packs where gone_at < now() - make_interval(secs => @retention::float8) and deleted_at < now() - make_interval(secs => @retention::float8);
