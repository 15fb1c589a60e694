-- name: PutRepository :exec
insert into repositories (id, tenant, url) values (@id, @tenant, @url)
on conflict (id) do nothing;

-- name: PutSubmission :one
insert into submissions as s (tenant, source, event, repository, ref, state, due_at)
values (@tenant, @source, @event, @repository, @ref, 'pending', now() + make_interval(secs => @lease::float8))
on conflict (tenant, source, event) do update set
    state = case when s.state = 'done' then 'done' else 'pending' end,
    due_at = case when s.state = 'done' then null else excluded.due_at end
returning s.state;

-- name: FinishSubmission :exec
update submissions set state = 'done', track = @track::uuid, revision = @revision::bigint, error = null, due_at = null
where tenant = @tenant and source = @source and event = @event;

-- name: FailSubmission :exec
update submissions set state = 'failed', error = @reason::text, attempts = attempts + 1, due_at = null
where tenant = @tenant and source = @source and event = @event and state <> 'done';

-- name: DelaySubmission :one
update submissions set error = @reason::text, attempts = attempts + 1, due_at = now() + make_interval(secs => @delay::float8)
where tenant = @tenant and source = @source and event = @event and state = 'pending'
returning attempts;

-- name: SetRepositoryError :exec
update repositories set error = nullif(@reason::text, '') where id = @id and error is distinct from nullif(@reason::text, '');

-- name: OwedSubmissions :many
update submissions s set due_at = now() + make_interval(secs => @lease::float8)
from (
    select o.tenant, o.source, o.event from submissions o
    where o.due_at <= now() order by o.due_at limit @most for update skip locked
) owed
join repositories r on true
where s.tenant = owed.tenant and s.source = owed.source and s.event = owed.event and r.id = s.repository
returning s.tenant, s.source, s.event, r.url, s.ref;

-- name: LoadSubmission :one
select s.state, s.error, s.track, s.revision, sn.state as snapshot_state
from submissions s left join snapshots sn on sn.track = s.track and sn.revision = s.revision
where s.tenant = @tenant and s.source = @source and s.event = @event;

