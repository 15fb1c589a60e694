-- name: PutTagRule :exec
insert into tag_rules as r (repository, glob, keep, days, searchable) values (@repository, @glob, @keep, sqlc.narg(days), sqlc.narg(searchable))
on conflict (repository, glob) do update set keep = excluded.keep, days = excluded.days, searchable = excluded.searchable;

-- name: DropTagRule :execrows
delete from tag_rules where repository = @repository and glob = @glob;

-- name: DropTagRules :exec
delete from tag_rules where repository = @repository;

-- name: ListTagRules :many
select glob, keep, coalesce(days, 0)::int as days, coalesce(searchable, 0)::int as searchable, created_at from tag_rules where repository = @repository order by glob;

-- name: LockTagRule :one
select keep, coalesce(days, 0)::int as days, coalesce(searchable, 0)::int as searchable from tag_rules where repository = @repository and glob = @glob for update;

-- name: SeeTags :exec
insert into seen_tags (repository, glob, ref) select @repository, @glob, u.tag from unnest(@refs::text[]) as u (tag) on conflict do nothing;

-- name: ListSeenTags :many
select ref, seen_at, (@days::int > 0 and seen_at < now() - make_interval(days => @days::int))::bool as old
from seen_tags where repository = @repository and glob = @glob;

-- name: TrackStands :one
select exists (select 1 from tracks where id = @id and forgotten_at is null)::bool as stands;

-- name: PutTrack :exec
insert into tracks (id, repository, ref, revision) values (@id, @repository, @ref, (select f.value from revision_floor f)) on conflict do nothing;

-- name: PutRuleVersion :execrows
insert into versions (repository, name, track, rule, borrowed)
values (@repository, @name, @track, @rule::text, @borrowed)
on conflict (repository, name) do nothing;

-- name: DropRuleVersions :many
delete from versions v
where v.repository = @repository and v.rule = @rule::text and not exists (select 1 from tracks t where t.id = v.track and t.ref = any(@wanted::text[]))
returning (select t.ref from tracks t where t.id = v.track)::text as ref, v.name,
    (not v.borrowed and not exists (select 1 from versions o where o.track = v.track and o.name <> v.name))::bool as forget;

-- name: SleepRuleTracks :exec
-- New tags sleep from the beginning, and others when nobody has searched them for a while. A track
-- that a person keeps, or that existed before the rule, is left alone.
update tracks t set dormant_at = now(), turning = true
where t.id in (
    select l.id from tracks l join versions v on v.track = l.id
    where l.repository = @repository and v.rule = @rule::text and not v.borrowed and l.ref = any(@refs::text[])
        and l.dormant_at is null and l.forgotten_at is null
        and (v.name = any(@come::text[]) or l.searched_at < now() - make_interval(secs => @after::float8))
        and not exists (select 1 from versions o where o.track = l.id and o.name <> v.name)
    order by l.id for no key update of l
);
