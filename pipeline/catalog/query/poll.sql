-- name: PollTracks :many
-- The id of a track decides when in the interval it is polled. So the tracks are
-- spread over the interval, and the time between two polls of a track does not
-- depend on which syncer looks.
with head as (
    select repository, max(head_at) as at from tracks where forgotten_at is null group by repository
), track as (
    select t.id, t.repository, r.tenant, coalesce(t.polled_at, t.created_at) as last,
        case when t.head_at = h.at then '' else t.ref end as ref,
        case when r.error is null then @every::float8 else greatest(@every::float8, @every_failed::float8) end as every,
        ('x' || substr(t.id::text, 1, 8))::bit(32)::bigint / 4294967296.0 as place
    from tracks t join repositories r on r.id = t.repository left join head h on h.repository = t.repository
    where t.forgotten_at is null and r.forgotten_at is null and t.error is null and t.successor is null
        and not exists (select 1 from key_domains d where d.tenant = r.tenant and d.destroyed_at is not null
            and not exists (select 1 from key_domains e where e.tenant = d.tenant and e.destroyed_at is null)) -- nothing is read for these
        and t.held is null and t.ref not like 'refs/commits/%' -- these stay as they are
        and (t.named_at is not null or t.head_at = h.at)
), due as (
    select k.id, k.repository, k.tenant, k.ref from track k
    where floor(extract(epoch from now()) / k.every - k.place) > floor(extract(epoch from k.last) / k.every - k.place)
        and not exists (select 1 from submissions s where s.repository = k.repository and s.state = 'pending' and s.ref = k.ref)
    order by k.last limit @most
), polled as (
    update tracks t set polled_at = now() from due where t.id = due.id
), past as (
    delete from submissions s using due
    where s.repository = due.repository and s.tenant = due.tenant and s.source = @source and s.ref = due.ref and s.state <> 'pending'
)
insert into submissions (tenant, source, event, repository, ref, state, due_at)
select due.tenant, @source, gen_random_uuid()::text, due.repository, due.ref, 'pending', now() from due
returning event;
