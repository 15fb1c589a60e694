-- name: LoadLineage :one
select d.path, d.revision, d.state, d.lane::text as lane, coalesce(d.indexed_revision, 0)::bigint as indexed_revision, coalesce(d.error, '')::text as error,
    s.commit, s.created_at, s.listed_at, s.indexed_at,
    coalesce(k.blob, '')::bytea as blob, coalesce(k.language, '')::text as language, coalesce(k.chunker, 0)::int as chunker, coalesce(k.chunks, 0)::int as chunks,
    coalesce(b.size, 0)::int as size, coalesce(p.key, '')::text as pack,
    coalesce(su.source, '')::text as source, coalesce(su.event, '')::text as event, coalesce(su.created_at, s.created_at)::timestamptz as submitted_at
from documents d
join tracks t on t.id = d.track
join snapshots s on s.track = d.track and s.revision = d.revision
left join chunkings k on k.id = d.chunking
left join blobs b on b.sha256 = k.blob
left join packs p on p.id = b.pack
left join lateral (
    select x.source, x.event, x.created_at from submissions x
    where x.repository = t.repository and x.track = d.track and x.revision = d.revision order by x.created_at limit 1
) su on true
where d.id = @id and d.state <> 'removed';

-- name: ListLineageChunks :many
select c.ordinal, c.start_line, c.end_line, c.start_byte, c.end_byte, c.kind, c.symbol, c.text,
    (v.text is not null)::bool as embedded, coalesce(p.key, '')::text as pack
from documents d
join chunks c on c.chunking = d.chunking
left join vectors v on v.embedder = @embedder and v.text = c.text
left join packs p on p.id = v.pack
where d.id = @id and d.state <> 'removed' and c.ordinal > @after
order by c.ordinal limit @most;
