-- name: PutRepository :exec
insert into repositories as r (id, tenant, url, name) values (@id, @tenant, @url, @name::text)
on conflict (id) do update set name = excluded.name
where r.name is null and not exists (select 1 from aliases a where a.tenant = r.tenant and a.name = excluded.name);

-- name: RenewSubmission :exec
update submissions
set due_at = now() + make_interval(secs => @lease::float8)
where tenant = @tenant and source = @source and event = @event and state = 'pending' and forgotten_at is null;

-- name: PutSubmission :one
insert into submissions as s (tenant, source, event, repository, url, ref, state, due_at)
values (@tenant, @source, @event, @repository, nullif(@url::text, ''), @ref, 'pending', now() + make_interval(secs => @lease::float8))
on conflict (tenant, source, event) do update set
    state = case when s.state = 'done' or s.forgotten_at is not null then s.state else 'pending' end,
    due_at = case when s.state = 'done' or s.forgotten_at is not null then null else excluded.due_at end,
    repository = coalesce(s.repository, excluded.repository),
    -- A submission that had failed for good gets its attempts again.
    attempts = case when s.state = 'failed' then 0 else s.attempts end,
    error = case when s.state = 'failed' and s.forgotten_at is null then null else s.error end
returning s.state;

-- name: FinishSubmission :exec
update submissions set state = 'done', track = @track::uuid, revision = @revision::bigint, error = null, due_at = null
where tenant = @tenant and source = @source and event = @event and forgotten_at is null;

-- name: FailSubmission :execrows
insert into submissions as s (tenant, source, event, repository, ref, state, attempts, error)
values (@tenant, @source, @event, sqlc.narg(repository), @ref, 'failed', 1, @reason::text)
on conflict (tenant, source, event) do update set state = 'failed', attempts = s.attempts + 1, error = excluded.error, due_at = null
where s.state <> 'done';

-- name: DelaySubmission :one
insert into submissions as s (tenant, source, event, repository, url, ref, state, attempts, error, due_at)
values (@tenant, @source, @event, @repository, nullif(@url::text, ''), @ref, 'pending', 1, @reason::text,
    now() + make_interval(secs => greatest(sqlc.arg(at_least)::float8,
        least(sqlc.arg(most)::float8, sqlc.arg(first)::float8) * (0.5 + random() / 2))))
on conflict (tenant, source, event) do update set attempts = s.attempts + 1, error = excluded.error,
    due_at = now() + make_interval(secs => greatest(sqlc.arg(at_least)::float8,
        least(sqlc.arg(most)::float8, sqlc.arg(first)::float8 * power(2, least(s.attempts, 60))) * (0.5 + random() / 2)))
where s.state = 'pending'
returning s.attempts;

-- name: SetRepositoryError :exec
update repositories set error = nullif(@reason::text, '') where id = @id and error is distinct from nullif(@reason::text, '');

-- name: OwedSubmissions :many
-- A submission that was published but not accepted is published again less and less often, because
-- repetitions must not fill up the intake while no ingestor runs. Without "materialized" a plan may run
-- the limited part once for each submission, and so take more of them.
with owed as materialized (
    select o.tenant, o.source, o.event, coalesce(o.url, r.fetch_url, r.url) as url from submissions o join repositories r on r.id = o.repository
    where o.due_at <= now() order by o.due_at limit @most for update of o skip locked
)
update submissions s set due_at = now() + greatest(make_interval(secs => @lease::float8), least((now() - s.created_at) / 2, interval '1 hour'))
from owed
where s.tenant = owed.tenant and s.source = owed.source and s.event = owed.event
returning s.tenant, s.source, s.event, owed.url, s.ref;

-- name: LoadSubmission :one
select s.state, s.error, s.attempts, s.repository, s.track, s.revision, sn.state as snapshot_state
from submissions s left join snapshots sn on sn.track = s.track and sn.revision = s.revision
where s.tenant = @tenant and s.source = @source and s.event = @event;

