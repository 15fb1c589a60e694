-- name: HoldSubmission :one
select (forgotten_at is not null)::bool as fenced from submissions
where tenant = @tenant and source = @source and event = @event for share;

-- name: FollowTrack :exec
insert into tracks as t (id, repository, ref, revision, head_at, named_at)
values (@id, @repository, @ref, (select f.value from revision_floor f),
    case when @named::bool then null else now() end, case when @named::bool then now() end)
on conflict (id) do update set forgotten_at = null, error = null, successor = null, gone_at = null,
    named_at = coalesce(t.named_at, excluded.named_at), head_at = coalesce(excluded.head_at, t.head_at)
where t.forgotten_at is not null or t.error is not null or t.successor is not null or t.gone_at is not null
    or t.named_at is null and excluded.named_at is not null
    -- The successor stays while the default branch has led nowhere else.
    or excluded.head_at is not null
        and (t.head_at is null or exists (select 1 from tracks o where o.repository = t.repository and o.head_at > t.head_at));

-- name: ReportGone :many
-- Leaves out a track that only follows the default branch, because the look at the default branch
-- finds its successor. A report is not made twice within a minute.
update tracks t set gone_at = now()
where t.repository = @repository and t.ref = any(@refs::text[]) and t.forgotten_at is null and t.successor is null
    and (t.named_at is not null or t.head_at is distinct from (select max(o.head_at) from tracks o where o.repository = t.repository))
    and (t.gone_at is null or t.gone_at < now() - interval '1 minute')
returning t.ref;

-- name: ForgetReported :many
update tracks t set forgotten_at = now(), listable_since = t.revision + 1, successor = null
where t.repository = @repository and t.ref = any(@refs::text[]) and t.gone_at is not null and t.forgotten_at is null
returning t.id;

-- name: MarkRefsGone :execrows
-- Also counts a track that another one replaces, and one that is being forgotten since it was
-- reported.
update tracks t set error = case when t.successor is null and t.forgotten_at is null then @reason::text else t.error end
where t.repository = @repository and (t.forgotten_at is null or t.gone_at is not null)
    and (t.ref = any(@refs::text[]) or @head::bool and t.head_at = (select max(o.head_at) from tracks o where o.repository = t.repository));

-- name: PredecessorsOf :many
select t.id, t.ref,
    count(d.id) as documents,
    count(d.id) filter (where n.id is null) as removes,
    coalesce((select a.commit from approvals a where a.track = t.id and a.approved_at is not null), '')::bytea as approved
from tracks t
left join documents d on d.track = t.id and d.state not in ('skipped', 'removed')
left join documents n on n.track = @track::uuid and n.path = d.path and n.state not in ('skipped', 'removed')
where t.repository = @repository and t.id <> @track::uuid and t.head_at is not null and t.named_at is null
    and t.forgotten_at is null and t.successor is distinct from @track::uuid
group by t.id, t.ref;

-- name: SetSuccessor :exec
update tracks t set successor = @successor::uuid
where t.id = @track and t.forgotten_at is null
    and t.head_at < (select n.head_at from tracks n where n.id = @successor::uuid);

-- name: SucceededTracks :many
select t.id, t.repository from tracks t join tracks n on n.id = t.successor
where t.successor is not null and t.forgotten_at is null and n.forgotten_at is null
    and exists (select 1 from snapshots s where s.track = n.id and s.state = 'indexed')
order by t.id limit @most for no key update of t skip locked;

-- name: ForgetSucceeded :exec
update tracks set forgotten_at = now(), listable_since = revision + 1, successor = null where id = any(@ids::uuid[]);
