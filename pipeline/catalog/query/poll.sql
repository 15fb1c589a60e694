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
-- A poll that comes late counts as one at the time at which it was due. All of a tenant's
-- polls are due at once when no syncer has run for an interval. Its intake must not be filled
-- by them, so they are asked for as the earlier ones end. A tenant with little room left is
-- passed over, because else its polls would be looked at in vain before those of others.
with waiting as materialized (
    select w.tenant, count(*) as polls from submissions w where w.source = @source and w.state = 'pending' group by w.tenant
), past_due as (
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
        and r.tenant not in (select w.tenant from waiting w where 2 * w.polls > @most::int)
), first as (
    select k.id, k.repository, k.tenant, k.ref, k.every, k.place, k.polled_at from past_due k
    where k.polled_at <= now() - make_interval(secs => k.every) and (k.named_at is not null or k.ref = '')
        and not exists (select 1 from submissions s where s.repository = k.repository and s.state = 'pending' and s.ref = k.ref)
    order by k.polled_at limit @most::int
), ranked as (
    select first.*, row_number() over (partition by first.tenant order by first.polled_at) as turn from first
), due as (
    select ranked.id, ranked.repository, ranked.tenant, ranked.ref, ranked.every, ranked.place from ranked
    left join waiting on waiting.tenant = ranked.tenant
    where turn + coalesce(waiting.polls, 0) <= @most::int
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
