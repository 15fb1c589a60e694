-- name: PutWikiPage :exec
insert into wiki_pages (track, hash, page, title, body) values (@track, @hash, @page, @title, @body)
on conflict (track, hash) do update set page = excluded.page, title = excluded.title, body = excluded.body, posted_at = now();

-- name: TrimWikiPages :exec
-- The pages of a tenant beyond the newest.
delete from wiki_pages d using (
    select w.track, w.hash from repositories r join tracks t on t.repository = r.id join wiki_pages w on w.track = t.id
    where r.tenant = @tenant order by w.posted_at desc, w.track, w.hash offset @most
) old where d.track = old.track and d.hash = old.hash;

-- name: WikiPage :one
select track, hash, page, title, body, posted_at from wiki_pages
where track = any(@tracks::uuid[]) and hash = @hash order by posted_at desc, track limit 1;

-- name: WikiPages :many
select track, hash, page, title, posted_at from wiki_pages
where track = any(@tracks::uuid[]) and (page, hash) > (@after_page, @after_hash::bytea) order by page, hash limit @most;

-- name: SearchWikiPages :many
select track, hash, page, title, posted_at, ts_rank_cd(words, q.query)::float4 as rank,
    ts_headline('simple', left(body, 20000), q.query, 'StartSel="", StopSel="", MaxFragments=1, MaxWords=40, MinWords=10')::text as excerpt
from wiki_pages, websearch_to_tsquery('simple', @query) as q(query)
where track = any(@tracks::uuid[]) and words @@ q.query
order by rank desc, page, hash, track limit @most;

-- name: ShredWikiPages :exec
-- Pages say what a tenant's texts say.
delete from wiki_pages w using tracks t, repositories r where t.id = w.track and r.id = t.repository and r.tenant = @tenant;
