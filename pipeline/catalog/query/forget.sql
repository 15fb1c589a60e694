-- name: ForgetRepository :exec
update repositories set forgotten_at = coalesce(forgotten_at, now()) where id = @id;

-- name: ForgetTracks :many
update tracks t set forgotten_at = coalesce(t.forgotten_at, now()), successor = null
where t.id in (
    select l.id from tracks l where l.repository = @repository and (cardinality(@refs::text[]) = 0 or l.ref = any(@refs::text[]))
    order by l.id for no key update
)
returning t.id;

-- name: ForgetIfBare :exec
update repositories r set forgotten_at = now()
where r.id = @id and r.forgotten_at is null
    and not exists (select 1 from tracks t where t.repository = r.id and t.forgotten_at is null)
    and not exists (select 1 from submissions s where s.repository = r.id and s.state = 'pending');

-- name: DropTrackLetters :exec
delete from dead_letters l using submissions s
where s.repository = @repository and (cardinality(@refs::text[]) = 0 or s.ref = any(@refs::text[]))
    and l.tenant = s.tenant and l.source = s.source and l.event = s.event;

-- name: FenceSubmissions :exec
update submissions set state = 'failed', error = 'forgotten', forgotten_at = now(), due_at = null,
    repository = null, ref = '', track = null, revision = null
where repository = @repository;

-- name: FencePending :exec
update submissions set state = 'failed', error = 'forgotten', forgotten_at = now(), due_at = null
where repository = @repository and state = 'pending' and ref = any(@refs::text[]);

-- name: SubmissionFenced :one
select exists (
    select 1 from submissions where tenant = @tenant and source = @source and event = @event and forgotten_at is not null
) as fenced;

-- name: SupersedeAll :exec
update snapshots set state = 'superseded' where track = any(@tracks::uuid[]) and state <> 'superseded';

-- name: DropApprovals :exec
delete from approvals where track = any(@tracks::uuid[]);

-- name: RetryRemovals :exec
update documents d set due_at = now(), attempts = 0
from (
    select l.id from documents l where l.track = any(@tracks::uuid[]) and l.state = 'removed' and l.due_at = 'infinity' order by l.id for no key update
) locked
where d.id = locked.id;

-- name: LockRepository :one
select (forgotten_at is not null)::bool as forgotten from repositories where id = @id for no key update;

-- name: LockNamed :one
select (forgotten_at is not null)::bool as forgotten, coalesce(name, '')::text as name from repositories where id = @id for no key update;

-- name: RecallRepository :exec
update repositories set forgotten_at = null where id = @id;

-- name: ForgetEachTrack :exec
update tracks set forgotten_at = now(), listable_since = revision + 1 where repository = @repository and forgotten_at is null;

-- name: ForgottenTracks :many
select t.id, t.repository from (
    select f.id, f.repository from tracks f where f.forgotten_at is not null
    union
    select o.id, o.repository from repositories r join tracks o on o.repository = r.id where r.forgotten_at is not null
) t
order by t.repository, t.id limit @most;

-- name: DropForgottenSkipped :exec
delete from documents d using (
    select l.id from documents l join tracks t on t.id = l.track
    where l.track = @track and t.forgotten_at is not null and l.state = 'skipped' and l.due_at is null order by l.id for update of l
) locked
where d.id = locked.id;

-- name: RemoveForgotten :many
update documents d set state = 'removed', chunking = null, encoding = null, skip_reason = null, skip_detail = null, error = null, attempts = 0,
    due_at = now() + make_interval(secs => @lease::float8)
from (
    select l.id from documents l join tracks t on t.id = l.track
    where l.track = @track and t.forgotten_at is not null and l.state <> 'removed' order by l.id limit @most for no key update of l
) locked
where d.id = locked.id
returning d.id;

-- name: RaiseFloor :exec
update revision_floor set value = greatest(value, (select t.revision from tracks t where t.id = @track));

-- name: DropTrack :execrows
delete from tracks t where t.id = @track and t.forgotten_at is not null
    and not exists (select 1 from documents d where d.track = t.id);

-- name: BareRepositories :many
select id from repositories r where r.forgotten_at is not null
    and not exists (select 1 from tracks t where t.repository = r.id) limit @most;

-- name: DropRepository :execrows
delete from repositories r where r.id = @id and r.forgotten_at is not null
    and not exists (select 1 from tracks t where t.repository = r.id);

-- name: KnownRepositories :many
select id from repositories where id = any(@ids::uuid[]);
