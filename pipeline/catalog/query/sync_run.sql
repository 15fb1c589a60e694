-- name: DueWork :many
-- A new kind is first due one interval from now. A kind that is due later than the
-- interval and its jitter allow was planned with a longer interval, and is planned
-- again. The clock is read after the row is locked: another syncer may have held
-- it until now.
with known as (
    insert into sync_work as w (kind, due_at)
    select u.kind, now() + make_interval(secs => u.seconds)
    from (select unnest(@kinds::text[]) as kind, unnest(@intervals::float8[]) as seconds) u
    on conflict (kind) do update set due_at = now()
        where w.due_at > clock_timestamp() + 1.2 * (excluded.due_at - now())
)
select d.kind from sync_work d where d.kind = any(@kinds::text[]) and d.due_at <= now();

-- name: BeginWork :one
update sync_work set again = false, cursor = case when again then '' else cursor end
where kind = @kind and due_at <= now()
returning cursor;

-- name: BeginRun :one
with lost as (
    update sync_runs r set finished_at = now(), error = 'its syncer died'
    where r.kind = @kind and r.finished_at is null
)
insert into sync_runs (kind) values (@kind) returning id;

-- name: SaveRun :exec
with place as (
    update sync_work w set cursor = @cursor where w.kind = @kind
)
update sync_runs r set compared = @compared, found = @found, repaired = @repaired where r.id = @id;

-- name: FinishRun :exec
update sync_runs set finished_at = now(), compared = @compared, found = @found, repaired = @repaired, error = nullif(@error::text, '')
where id = @id;

-- name: RecordRun :exec
insert into sync_runs (kind, started_at, finished_at, compared, found, repaired, error)
values (@kind, least(@started_at::timestamptz, now()), now(), @compared, @found, @repaired, nullif(@error::text, ''));

-- name: PlanWork :exec
update sync_work set cursor = @cursor, due_at = case when again then due_at else now() + make_interval(secs => @wait::float8) end
where kind = @kind;

-- name: PlanAgain :exec
insert into sync_work as w (kind, due_at, again) select unnest(@kinds::text[]), now(), true
on conflict (kind) do update set due_at = now(), again = true;

-- name: TrimRuns :exec
-- The newest good run stays, or the first where none was good: it tells since when there has been no good one, however
-- often the work has failed since.
delete from sync_runs r where r.kind = @kind
    and r.id <= (select o.id from sync_runs o where o.kind = @kind order by o.id desc offset @keep limit 1)
    and r.id <> coalesce(
        (select o.id from sync_runs o where o.kind = @kind and o.finished_at is not null and o.error is null order by o.id desc limit 1),
        (select o.id from sync_runs o where o.kind = @kind order by o.id limit 1));

-- name: NoGoodRunSince :one
-- The end of the newest good run of a kind, or the start of the first run where none was good.
select since::timestamptz from (select coalesce(
    (select r.finished_at from sync_runs r where r.kind = @kind and r.finished_at is not null and r.error is null order by r.id desc limit 1),
    (select r.started_at from sync_runs r where r.kind = @kind order by r.id limit 1)) as since) s
where since is not null;

-- name: LastRuns :many
select k.kind, coalesce(r.started_at, 'epoch')::timestamptz as started_at, r.finished_at, coalesce(r.compared, 0)::bigint as compared, coalesce(r.found, 0)::bigint as found,
    coalesce(r.repaired, 0)::bigint as repaired, coalesce(r.error, '')::text as error, w.due_at
from (select kind from sync_work union select distinct kind from sync_runs) k
left join sync_work w on w.kind = k.kind
left join lateral (select * from sync_runs s where s.kind = k.kind order by s.id desc limit 1) r on true
order by k.kind;
