-- name: PutToken :one
insert into tokens (id, tenant, name, hash, scopes, repositories, expires_at, rotated_from)
values (@id, sqlc.narg(tenant)::text, @name, @hash, @scopes::text[], @repositories::text[], sqlc.narg(expires_at), sqlc.narg(rotated_from))
returning created_at;

-- name: AuthenticateToken :one
select t.id, coalesce(t.tenant, '')::text as tenant, t.name, t.scopes, t.repositories, t.expires_at,
    (coalesce(t.used_at < now() - interval '1 minute', true))::bool as stale,
    coalesce(n.max_requests_minute, 0)::int as requests
from tokens t left join tenants n on n.name = t.tenant
where t.hash = @hash and t.revoked_at is null and (t.expires_at is null or t.expires_at > now());

-- name: TouchToken :exec
update tokens set used_at = now()
where id = @id and coalesce(used_at < now() - interval '1 minute', true);

-- name: LoadToken :one
select id, coalesce(tenant, '')::text as tenant, name, scopes, repositories, created_at, expires_at, used_at, revoked_at, rotated_from
from tokens where id = @id;

-- name: LockToken :one
select id, coalesce(tenant, '')::text as tenant, name, scopes, repositories, created_at, expires_at, used_at, revoked_at, rotated_from
from tokens where id = @id for no key update;

-- name: ListTokens :many
select id, coalesce(tenant, '')::text as tenant, name, scopes, repositories, created_at, expires_at, used_at, revoked_at, rotated_from
from tokens
where coalesce(tenant, '')::text = @tenant::text and id > @after
order by id limit @most;

-- name: RevokeToken :exec
update tokens set revoked_at = now() where id = @id and revoked_at is null;

-- name: ExpireToken :exec
update tokens set expires_at = least(expires_at, now() + make_interval(secs => @seconds::float8)) where id = @id;

-- name: WasRotated :one
select exists (select 1 from tokens where rotated_from = @id::uuid);
