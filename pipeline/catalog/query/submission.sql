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

-- name: RefuseSubmission :exec
insert into submissions (tenant, source, event, ref, state, error, attempts)
values (@tenant, @source, @event, @ref, 'failed', @reason::text, 1)
on conflict (tenant, source, event) do update set state = 'failed', error = excluded.error, due_at = null
where submissions.state <> 'done';

-- name: FinishSubmission :exec
update submissions set state = 'done', track = @track::uuid, revision = @revision::bigint, error = null, due_at = null
where tenant = @tenant and source = @source and event = @event;

-- name: FailSubmission :exec
update submissions set state = 'failed', error = @reason::text, attempts = attempts + 1, due_at = null
where tenant = @tenant and source = @source and event = @event and state <> 'done';

-- name: DelaySubmission :one
update submissions set error = @reason::text, attempts = attempts + 1,
    due_at = now() + make_interval(secs => greatest(sqlc.arg(at_least)::float8, least(sqlc.arg(most)::float8, sqlc.arg(first)::float8 * power(2, attempts)) * (0.5 + random() / 2)))
where tenant = @tenant and source = @source and event = @event and state = 'pending'
returning attempts;

-- name: SetRepositoryError :exec
update repositories set error = nullif(@reason::text, '') where id = @id and error is distinct from nullif(@reason::text, '');

-- name: OwedSubmissions :many
update submissions s set due_at = now() + make_interval(secs => @lease::float8)
from (
    select o.tenant, o.source, o.event, r.url from submissions o join repositories r on r.id = o.repository
    where o.due_at <= now() order by o.due_at limit @most for update of o skip locked
) owed
where s.tenant = owed.tenant and s.source = owed.source and s.event = owed.event
returning s.tenant, s.source, s.event, owed.url, s.ref;

-- name: LoadSubmission :one
select s.state, s.error, s.attempts, s.repository, s.track, s.revision, sn.state as snapshot_state
from submissions s left join snapshots sn on sn.track = s.track and sn.revision = s.revision
where s.tenant = @tenant and s.source = @source and s.event = @event;

