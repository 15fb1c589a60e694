-- name: PutHook :one
insert into hooks (id, tenant, name, provider, secret, allowed, scopes, refs)
values (@id, @tenant, @name, @provider, @secret, @allowed::text[], @scopes::text[], @refs::text[])
returning created_at;

-- name: LoadHook :one
select h.* from hooks h where h.id = @id;

-- name: LockHook :one
-- A name stands for the hook that is not revoked.
select h.* from hooks h
where h.tenant = @tenant and (h.id = @hook or h.name = @hook and h.revoked_at is null)
order by h.id = @hook desc limit 1 for no key update;

-- name: FindHook :one
select h.* from hooks h
where h.tenant = @tenant and (h.id = @hook or h.name = @hook and h.revoked_at is null)
order by h.id = @hook desc limit 1;

-- name: ListHooks :many
select h.* from hooks h
where h.tenant = @tenant and (h.created_at, h.id) > (@after_at::timestamptz, @after::text)
order by h.created_at, h.id limit @most;

-- name: RotateHook :exec
update hooks set secret = @secret,
    previous = case when @overlap::float8 > 0 then secret end,
    previous_until = case when @overlap::float8 > 0 then now() + make_interval(secs => @overlap::float8) end
where id = @id;

-- name: RevokeHook :exec
update hooks set revoked_at = now(), previous = null, previous_until = null where id = @id and revoked_at is null;

-- name: CountRefusedDelivery :exec
update hooks set refused = refused + 1, refused_at = now()
where id = @id and (refused_at is null or refused_at < now() - interval '1 second');

-- name: PutDelivery :one
-- A delivery that failed, or was never settled, is received again.
insert into deliveries as d (hook, delivery, event, content_type, size, body, effects, state, reason, settled_at)
values (@hook, @delivery, @event, @content_type, @size, @body, @effects, @state, @reason,
    case when @state::text <> 'received' then now() end)
on conflict (hook, delivery) do update set times = d.times + 1,
    event = case when d.state in ('accepted', 'ignored') then d.event else excluded.event end,
    content_type = case when d.state in ('accepted', 'ignored') then d.content_type else excluded.content_type end,
    size = case when d.state in ('accepted', 'ignored') then d.size else excluded.size end,
    body = case when d.state in ('accepted', 'ignored') then d.body else excluded.body end,
    effects = case when d.state in ('accepted', 'ignored') then d.effects else excluded.effects end,
    state = case when d.state in ('accepted', 'ignored') then d.state else excluded.state end,
    reason = case when d.state in ('accepted', 'ignored') then d.reason else excluded.reason end,
    settled_at = case when d.state in ('accepted', 'ignored') then d.settled_at else excluded.settled_at end
returning d.*;

-- name: SettleDelivery :exec
update deliveries set state = @state, became = @became, reason = @reason, settled_at = now() where id = @id;

-- name: LockDelivery :one
select d.*, h.tenant from deliveries d join hooks h on h.id = d.hook
where d.id = @id and h.tenant = @tenant for no key update of d;

-- name: FindDelivery :one
select d.* from deliveries d join hooks h on h.id = d.hook where d.id = @id and h.tenant = @tenant;

-- name: CountReplay :one
update deliveries set replays = replays + 1 where id = @id returning replays;

-- name: ListDeliveries :many
-- Newest first, without bodies and effects.
select d.id, d.hook, d.delivery, d.event, d.received_at, d.times, d.replays, d.content_type, d.size, d.state, d.became, d.reason, d.settled_at,
    h.name
from deliveries d join hooks h on h.id = d.hook
where h.tenant = @tenant and (@hook::text = '' or d.hook = @hook::text) and d.id < @before::bigint
    and (@state::text = '' or d.state = @state::text)
order by d.id desc limit @most;

-- name: DropOldDeliveries :execrows
delete from deliveries d using (
    select id, received_at, row_number() over (partition by hook order by id desc) as place from deliveries
) o
where d.id = o.id and (o.place > @keep::int or o.received_at < now() - make_interval(secs => @age::float8));

-- name: ListFollowed :many
select r.id, coalesce(r.fetch_url, r.url)::text as url, coalesce(t.ref, '')::text as ref, (t.named_at is not null)::bool as named,
    coalesce(t.head_at = (select max(o.head_at) from tracks o where o.repository = r.id), false)::bool as head
from repositories r left join tracks t on t.repository = r.id and t.forgotten_at is null
where r.tenant = @tenant and r.id = any(@ids::uuid[]) and r.forgotten_at is null
order by r.url, t.ref;
