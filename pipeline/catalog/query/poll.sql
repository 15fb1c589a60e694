-- name: PlanPolls :exec
-- The id of a track decides when in the interval it is polled. So the tracks are
-- spread over the interval, and the time between two polls of a track does not
-- depend on which syncer looks.
with plan as (
    select n.id, ('x' || substr(n.id::text, 1, 8))::bit(32)::bigint / 4294967296.0 as place
    from tracks n where n.polled_at is null order by n.id limit @most for no key update skip locked
)
update tracks t set polled_at = to_timestamp((floor(extract(epoch from t.created_at) / sqlc.arg(every)::float8 - p.place) + p.place) * sqlc.arg(every)::float8)
from plan p where p.id = t.id;

-- name: PollTracks :many
-- A poll that comes late counts as one at the time at which it was due.
with past_due as (
    select t.id, t.repository, r.tenant, t.polled_at, t.named_at,
        case when t.head_at = (select max(o.head_at) from tracks o where o.repository = t.repository and o.forgotten_at is null) then '' else t.ref end as ref,
        case when r.error is null then @every::float8 else greatest(@every::float8, @every_failed::float8) end as every,
        ('x' || substr(t.id::text, 1, 8))::bit(32)::bigint / 4294967296.0 as place
    from tracks t join repositories r on r.id = t.repository
    where t.polled_at <= now() - make_interval(secs => @every::float8)
        and t.forgotten_at is null and r.forgotten_at is null and t.error is null and t.successor is null
        and not exists (select 1 from key_domains d where d.tenant = r.tenant and d.destroyed_at is not null
            and not exists (select 1 from key_domains e where e.tenant = d.tenant and e.destroyed_at is null)) -- nothing is read for these
        and t.held is null and t.ref not like 'refs/commits/%' -- these stay as they are
), due as (
    select k.id, k.repository, k.tenant, k.ref, k.every, k.place from past_due k
    where k.polled_at <= now() - make_interval(secs => k.every) and (k.named_at is not null or k.ref = '')
        and not exists (select 1 from submissions s where s.repository = k.repository and s.state = 'pending' and s.ref = k.ref)
    order by k.polled_at limit @most
), polled as (
    update tracks t set polled_at = to_timestamp((floor(extract(epoch from now()) / due.every - due.place) + due.place) * due.every)
    from due where t.id = due.id
), past as (
    delete from submissions s using due
    where s.repository = due.repository and s.tenant = due.tenant and s.source = @source and s.ref = due.ref and s.state <> 'pending'
)
insert into submissions (tenant, source, event, repository, ref, state, due_at)
select due.tenant, @source, gen_random_uuid()::text, due.repository, due.ref, 'pending', now() from due
returning event;
