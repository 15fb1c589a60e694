-- name: FindRepository :one
-- The repository of a name. A repository that had the name before comes first, because another one
-- can only have got the name by mistake.
select r.id, coalesce(r.name, '')::text as name, coalesce(r.fetch_url, r.url)::text as url
from (
    select a.repository, false as own from aliases a where a.tenant = @tenant and a.name = @name::text
    union all
    select n.id, true from repositories n where n.tenant = @tenant and n.name = @name::text
) found
join repositories r on r.id = found.repository and r.tenant = @tenant
order by found.own limit 1;

-- name: NameOf :one
select coalesce(name, '')::text as name from repositories where id = @id;

-- name: PutAlias :exec
insert into aliases (tenant, name, repository) values (@tenant, @name, @repository)
on conflict (tenant, name) do update set repository = excluded.repository;

-- name: DropAlias :exec
delete from aliases where tenant = @tenant and name = @name;

-- name: MoveAliases :exec
update aliases set repository = @target where repository = @source;

-- name: RenameRepository :exec
update repositories set name = @name::text, url = @url, fetch_url = nullif(@fetch_url::text, '') where id = @id;

-- name: FoldRepository :exec
update repositories set name = null where id = @id;

-- name: SetFetchURL :exec
update repositories set fetch_url = @url::text where id = @id and coalesce(fetch_url, url) <> @url::text;

-- name: ListLiveTracks :many
select t.id, t.ref, coalesce(t.head_at = (select max(o.head_at) from tracks o where o.repository = t.repository and o.forgotten_at is null), false)::bool as head
from tracks t where t.repository = @repository and t.forgotten_at is null order by t.ref;

-- name: InheritTrack :exec
-- A track that was forgotten on purpose stays so.
insert into tracks (id, repository, ref, revision, head_at, named_at)
select @id, @repository, t.ref, (select f.value from revision_floor f), t.head_at, t.named_at from tracks t where t.id = @predecessor
on conflict (id) do nothing;

-- name: InheritFrom :exec
update tracks set successor = @successor::uuid where id = @track and forgotten_at is null;

-- name: AskFor :exec
insert into submissions (tenant, source, event, repository, ref, state, due_at)
select @tenant, @source, gen_random_uuid()::text, @repository::uuid, @ref, 'pending', now()
where not exists (select 1 from submissions s where s.repository = @repository::uuid and s.ref = @ref and s.state = 'pending');

-- name: MoveSubmissions :exec
update submissions set repository = @target::uuid where repository = @source::uuid;

-- name: ForgetFolded :exec
update repositories r set forgotten_at = now()
where r.name is null and r.forgotten_at is null
    and not exists (select 1 from tracks t where t.repository = r.id and t.forgotten_at is null)
    and not exists (select 1 from submissions s where s.repository = r.id and s.state = 'pending');

-- name: FindRepositories :many
-- Repositories with one of the URLs or names, and those with one of the ends, which are without
-- ".git". The case of ASCII letters does not count in ends.
select r.id from repositories r where r.tenant = @tenant and r.url = any(@urls::text[])
union
select r.id from repositories r where r.tenant = @tenant and r.name = any(@names::text[])
union
select f.id from unnest(@ends::text[]) as e (text) cross join lateral (
    select r.id from repositories r
    where r.tenant = @tenant and reverse(lower(regexp_replace(r.url, '\.git$', '') collate "C")) collate "C" >= reverse(lower(e.text collate "C"))
        and reverse(lower(regexp_replace(r.url, '\.git$', '') collate "C")) collate "C" < reverse(lower(e.text collate "C")) || chr(1114111)
    union
    select r.id from repositories r
    where r.tenant = @tenant and reverse(lower('/' || r.name collate "C")) collate "C" >= reverse(lower(e.text collate "C"))
        and reverse(lower('/' || r.name collate "C")) collate "C" < reverse(lower(e.text collate "C")) || chr(1114111)
) f;
