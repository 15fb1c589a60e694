-- name: KnownBlobs :many
select sha256 from blobs where sha256 = any(@hashes::bytea[]);

-- name: KnownChunkings :many
select k.id, k.blob, k.language
from chunkings k
join (select unnest(@blobs::bytea[]) as blob, unnest(@languages::text[]) as language) u
    on u.blob = k.blob and u.language = k.language
where k.chunker = @chunker;

-- name: AddPack :one
insert into packs as p (key, kind, size, sha256) values (@key, @kind, @size, @sha256)
on conflict (key) do update set kind = p.kind
returning p.id, (p.deleted_at is not null)::bool as deleted;

-- name: HoldPackKey :one
-- No key is destroyed while a pack that it has sealed is being recorded.
select state from pack_keys where id = substring(@key::text from '\.([0-9a-f]{8})\.[0-9a-f]{32}\.pack$') for share;

-- name: AddBlobs :exec
insert into blobs (sha256, size, pack, position, length, crc32c)
select u.hash, u.size, nullif(@pack::bigint, 0), u.position, u.length, u.crc32c
from (select unnest(@hashes::bytea[]) as hash, unnest(@sizes::int[]) as size, unnest(@positions::bigint[]) as position,
    unnest(@lengths::int[]) as length, unnest(@crcs::bigint[]) as crc32c) u
on conflict (sha256) do nothing;

-- name: AddEmptyBlob :exec
insert into blobs (sha256, size) values (@sha256, 0) on conflict (sha256) do nothing;

-- name: AddChunkings :many
insert into chunkings as k (blob, language, chunker, chunks)
select u.blob, u.language, @chunker, u.chunks
from (select unnest(@blobs::bytea[]) as blob, unnest(@languages::text[]) as language, unnest(@counts::int[]) as chunks) u
on conflict (blob, language, chunker) do nothing
returning k.id, k.blob, k.language;

-- name: AddChunks :copyfrom
insert into chunks (chunking, ordinal, start_byte, end_byte, start_line, end_line, kind, symbol, symbols, symbol_lines, text)
values (@chunking, @ordinal, @start_byte, @end_byte, @start_line, @end_line, @kind, @symbol, @symbols, @symbol_lines, @text);

-- name: AddVectors :exec
-- A record with newer term weights takes the place of an older one.
insert into vectors as v (embedder, text, pack, position, length, crc32c, terms)
select @embedder, u.text, @pack, u.position, u.length, u.crc32c, @terms
from (select unnest(@texts::bytea[]) as text, unnest(@positions::bigint[]) as position,
    unnest(@lengths::int[]) as length, unnest(@crcs::bigint[]) as crc32c) u
on conflict (embedder, text) do update
set pack = excluded.pack, position = excluded.position, length = excluded.length, crc32c = excluded.crc32c, terms = excluded.terms
where v.terms < excluded.terms;

-- name: LoadBlobs :many
select b.sha256, b.size, b.position, b.length, b.crc32c, p.key
from blobs b join packs p on p.id = b.pack
where b.sha256 = any(@hashes::bytea[]);
