-- name: AddRequests :many
-- In the order of names, so that no two gateways wait for each other.
insert into request_rates as r (name, clear_at)
select u.name, now() + make_interval(secs => u.seconds)
from (select unnest(@names::text[]) as name, unnest(@seconds::float8[]) as seconds) u
order by u.name
on conflict (name) do update set clear_at = greatest(r.clear_at, now()) + (excluded.clear_at - now())
returning r.name, extract(epoch from r.clear_at - now())::float8 as ahead;

-- name: DropOldRates :exec
delete from request_rates where name in (select o.name from request_rates o where o.clear_at < now() - interval '1 minute' order by o.name for update skip locked);
