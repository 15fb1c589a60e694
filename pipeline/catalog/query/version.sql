-- name: PutVersion :one
insert into versions (repository, name, track) values (@repository, @name, @track)
on conflict (repository, name) do update set track = versions.track, rule = case when versions.track = excluded.track then null else versions.rule end -- a person keeps it now
returning track;

-- name: NameTrack :exec
insert into tracks as t (id, repository, ref, revision, named_at) values (@id, @repository, @ref, (select f.value from revision_floor f), now())
on conflict (id) do update set forgotten_at = null, error = null, successor = null, gone_at = null, named_at = coalesce(t.named_at, now());

-- name: ListVersions :many
select v.name, v.track, t.ref, v.created_at, coalesce(v.rule, '')::text as rule, coalesce(s.commit, '')::bytea as commit, coalesce(s.revision, 0)::bigint as revision, coalesce(s.state, '')::text as state
from versions v
join tracks t on t.id = v.track
left join lateral (
    select sn.commit, sn.revision, sn.state from snapshots sn
    where sn.track = t.id and sn.state <> 'superseded' order by sn.revision desc limit 1
) s on true
where v.repository = @repository
order by v.name;

-- name: DropVersion :one
delete from versions where repository = @repository and name = @name returning track;

-- name: HoldTrack :execrows
update tracks set held = @commit where id = @track;

-- name: ReleaseUnversioned :exec
update tracks t set held = null
where t.id = @track and not exists (select 1 from versions v where v.track = t.id);

-- name: HeldCommit :one
-- due: a person keeps the tag, and nobody knew its commit by then.
select t.held, (t.held is null and t.ref like 'refs/tags/%' and exists (select 1 from versions v where v.track = t.id and v.rule is null))::boolean as due
from tracks t where t.id = @track;

-- name: DiffTracks :many
-- Each side is at a revision, like ListFiles. Skipped files have an object id too, so a change of a
-- skipped file counts.
with former_old as (
    select distinct on (p.document) p.document, p.path, p.oid, p.mode, p.skip_reason, p.language
    from former_documents p where p.track = @old and p.since <= @old_at::bigint and p.until > @old_at order by p.document, p.until
), a as (
    select d.path, d.oid, d.mode, d.skip_reason, k.language from documents d left join chunkings k on k.id = d.chunking
    where d.track = @old and d.state <> 'removed' and d.revision <= @old_at and not exists (select 1 from former_old where former_old.document = d.id)
    union all
    select former_old.path, former_old.oid, former_old.mode, former_old.skip_reason, former_old.language from former_old
), former_new as (
    select distinct on (p.document) p.document, p.path, p.oid, p.mode, p.skip_reason, p.language
    from former_documents p where p.track = @new and p.since <= @new_at::bigint and p.until > @new_at order by p.document, p.until
), b as (
    select d.path, d.oid, d.mode, d.skip_reason, k.language from documents d left join chunkings k on k.id = d.chunking
    where d.track = @new and d.state <> 'removed' and d.revision <= @new_at and not exists (select 1 from former_new where former_new.document = d.id)
    union all
    select former_new.path, former_new.oid, former_new.mode, former_new.skip_reason, former_new.language from former_new
)
select coalesce(b.path, a.path)::bytea as path, coalesce(a.oid, '')::bytea as old_oid, coalesce(b.oid, '')::bytea as new_oid,
    coalesce(a.mode, 0)::int as old_mode, coalesce(b.mode, 0)::int as new_mode,
    coalesce(b.language, a.language, '')::text as language, coalesce(b.skip_reason, a.skip_reason, '')::text as skip_reason
from a full join b on b.path = a.path
where (a.path is null or b.path is null or a.oid <> b.oid or a.mode <> b.mode)
    and substring(coalesce(b.path, a.path) for octet_length(@under::bytea)) = @under::bytea
order by 1 limit @most;

-- name: TracksApart :many
with apart as (
    select track as id from versions union select id from tracks where ref like 'refs/commits/%'
)
select t.id from apart a join tracks t on t.id = a.id join repositories r on r.id = t.repository
where r.tenant = @tenant and exists (
    select 1 from tracks o where o.repository = t.repository and not exists (select 1 from apart b where b.id = o.id)
);
