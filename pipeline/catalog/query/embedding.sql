-- name: ClaimTexts :many
insert into claims as c (embedder, text, holder, expires_at)
select @embedder, u.text, @holder, now() + make_interval(secs => @lease::float8)
from (select unnest(@texts::bytea[]) as text) u
on conflict (embedder, text) do update set holder = excluded.holder, expires_at = excluded.expires_at
where c.expires_at <= now() or c.holder = excluded.holder
returning c.text;

-- name: RenewClaims :exec
update claims set expires_at = now() + make_interval(secs => @lease::float8)
where embedder = @embedder and text = any(@texts::bytea[]) and holder = @holder;

-- name: ReleaseClaims :exec
delete from claims where embedder = @embedder and text = any(@texts::bytea[]) and holder = @holder;

-- name: DropExpiredClaims :exec
delete from claims where expires_at < now() - interval '1 hour';

-- name: StoredTexts :many
-- Each text is looked up in the index. While a table is new and has no
-- statistics, the planner would otherwise read all vectors of the embedder.
select u.text::bytea as text from (select unnest(@texts::bytea[]) as text) u
where exists (select 1 from vectors v where v.embedder = @embedder and v.text = u.text offset 0);

-- name: ReserveRequests :one
insert into embedder_limits as l (embedder, requests, tokens)
values (@embedder, sqlc.arg(request_burst)::float8 - sqlc.arg(requests)::float8, sqlc.arg(token_burst)::float8 - sqlc.arg(tokens)::float8)
on conflict (embedder) do update set
    requests = least(sqlc.arg(request_burst)::float8,
        l.requests + sqlc.arg(request_rate)::float8 * greatest(extract(epoch from clock_timestamp() - l.at)::float8, 0)) - sqlc.arg(requests)::float8,
    tokens = least(sqlc.arg(token_burst)::float8,
        l.tokens + sqlc.arg(token_rate)::float8 * greatest(extract(epoch from clock_timestamp() - l.at)::float8, 0)) - sqlc.arg(tokens)::float8,
    at = greatest(l.at, clock_timestamp())
returning l.requests, l.tokens;

-- name: AddUsage :exec
insert into embedder_usage as e (day, embedder, tenant, repository, texts, cached, tokens, requests, retries, waited, cost)
select (now() at time zone 'UTC')::date, @embedder, u.tenant, u.repository, u.texts, u.cached, u.tokens, u.requests, u.retries, u.waited, u.cost
from (select unnest(@tenants::text[]) as tenant, unnest(@repositories::uuid[]) as repository, unnest(@texts::bigint[]) as texts,
    unnest(@cached::bigint[]) as cached, unnest(@tokens::bigint[]) as tokens, unnest(@requests::float8[]) as requests,
    unnest(@retries::bigint[]) as retries, unnest(@waited::float8[]) as waited, unnest(@costs::float8[]) as cost) u
on conflict (tenant, day, embedder, repository) do update set
    texts = e.texts + excluded.texts, cached = e.cached + excluded.cached, tokens = e.tokens + excluded.tokens,
    requests = e.requests + excluded.requests, retries = e.retries + excluded.retries, waited = e.waited + excluded.waited,
    cost = e.cost + excluded.cost;

-- name: LoadUsage :many
select m.name as embedder, u.repository, coalesce(r.url, '')::text as url,
    sum(u.texts)::bigint as texts, sum(u.cached)::bigint as cached, sum(u.tokens)::bigint as tokens, sum(u.requests)::float8 as requests,
    sum(u.retries)::bigint as retries, sum(u.waited)::float8 as waited, sum(u.cost)::float8 as cost
from embedder_usage u
join embedders m on m.id = u.embedder
left join repositories r on r.id = u.repository
where u.tenant = @tenant and u.day > (now() at time zone 'UTC')::date - sqlc.arg(days)::int
group by m.name, u.repository, r.url
order by m.name, r.url, u.repository;

-- name: DropOldUsage :execrows
delete from embedder_usage where day < (now() at time zone 'UTC')::date - sqlc.arg(days)::int;

-- name: DropOldSpending :execrows
-- A budget is for one day. The day before is kept for processes whose clock is late.
delete from spending where day < (now() at time zone 'UTC')::date - 1;

-- name: Spend :execrows
insert into spending as s (tenant, day, tokens, cost)
select @tenant, (now() at time zone 'UTC')::date, sqlc.arg(tokens)::bigint, sqlc.arg(cost)::float8
where sqlc.arg(tokens)::bigint <= sqlc.arg(most_tokens)::bigint and sqlc.arg(cost)::float8 <= sqlc.arg(most_cost)::float8
on conflict (tenant, day) do update set tokens = s.tokens + excluded.tokens, cost = s.cost + excluded.cost
where s.tokens + excluded.tokens <= sqlc.arg(most_tokens)::bigint and s.cost + excluded.cost <= sqlc.arg(most_cost)::float8;

-- name: PostponeDocuments :exec
update documents d set due_at = now() + make_interval(secs => @wait::float8)
from (
    select l.id from documents l
    join (select unnest(@ids::uuid[]) as id, unnest(@revisions::bigint[]) as revision) u on u.id = l.id and u.revision = l.revision
    where l.state in ('chunked', 'failed') and l.due_at is not null order by l.id for no key update of l
) locked
where d.id = locked.id;
