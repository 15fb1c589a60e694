-- name: PutWorker :exec
insert into workers (id, name, host, started_at, held, holdings) values (@id, @name, @host, @started_at, @held, @holdings)
on conflict (id) do update set seen_at = now(), held = excluded.held, holdings = excluded.holdings;

-- name: DropWorker :exec
delete from workers where id = @id;

-- name: DropLostWorkers :exec
delete from workers where seen_at < now() - make_interval(secs => @seconds);

-- name: ListWorkers :many
select id, name, host, started_at, seen_at, held,
    jsonb_path_query_array(holdings, '$[*] ? (@.tenant == $tenant)', jsonb_build_object('tenant', @tenant::text))::jsonb as holdings
from workers
where seen_at >= now() - make_interval(secs => @seconds)
order by name, started_at, id limit @most;
