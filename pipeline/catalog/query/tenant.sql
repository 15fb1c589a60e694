-- name: PutTenant :execrows
insert into tenants (name, max_repositories, max_documents, max_tokens_day, max_cost_day, max_requests_minute, shares_credentials)
values (@name, sqlc.narg(max_repositories), sqlc.narg(max_documents), sqlc.narg(max_tokens_day), sqlc.narg(max_cost_day),
    sqlc.narg(max_requests_minute), @shares_credentials)
on conflict (name) do nothing;

-- name: KnowTenant :exec
insert into tenants (name) values (@name) on conflict (name) do nothing;

-- name: SetTenant :exec
update tenants set max_repositories = sqlc.narg(max_repositories), max_documents = sqlc.narg(max_documents),
    max_tokens_day = sqlc.narg(max_tokens_day), max_cost_day = sqlc.narg(max_cost_day),
    max_requests_minute = sqlc.narg(max_requests_minute), shares_credentials = @shares_credentials
where name = @name;

-- name: LoadTenant :one
select name, coalesce(max_repositories, 0)::bigint as max_repositories, coalesce(max_documents, 0)::bigint as max_documents,
    coalesce(max_tokens_day, 0)::bigint as max_tokens_day, coalesce(max_cost_day, 0)::float8 as max_cost_day,
    coalesce(max_requests_minute, 0)::int as max_requests_minute, shares_credentials, created_at
from tenants where name = @name;

-- name: LockTenant :one
select name, coalesce(max_repositories, 0)::bigint as max_repositories, coalesce(max_documents, 0)::bigint as max_documents,
    coalesce(max_tokens_day, 0)::bigint as max_tokens_day, coalesce(max_cost_day, 0)::float8 as max_cost_day,
    coalesce(max_requests_minute, 0)::int as max_requests_minute, shares_credentials, created_at
from tenants where name = @name for update;

-- name: ListTenants :many
select n.name, coalesce(n.max_repositories, 0)::bigint as max_repositories, coalesce(n.max_documents, 0)::bigint as max_documents,
    coalesce(n.max_tokens_day, 0)::bigint as max_tokens_day, coalesce(n.max_cost_day, 0)::float8 as max_cost_day,
    coalesce(n.max_requests_minute, 0)::int as max_requests_minute, n.shares_credentials, n.created_at,
    (select count(*) from repositories r where r.tenant = n.name) as repositories
from tenants n where n.name::text > @after::text
order by n.name::text limit @most;

-- name: CountRepositories :one
select count(*) from repositories where tenant = @tenant;

-- name: SeveralTenants :one
select coalesce(min(tenant::text) <> max(tenant::text), false)::bool from repositories;

-- name: DropTenant :exec
delete from tenants where name = @name;

-- name: PutGitCredential :exec
insert into git_credentials as g (tenant, host, sealed) values (@tenant, @host, @sealed)
on conflict (tenant, host) do update set sealed = excluded.sealed, changed_at = now();

-- name: LoadGitCredential :one
select sealed from git_credentials where tenant = @tenant and host = @host;

-- name: ListGitCredentials :many
select tenant, host, created_at, changed_at from git_credentials where tenant = @tenant order by host;

-- name: DropGitCredential :execrows
delete from git_credentials where tenant = @tenant and host = @host;

-- name: RoomOf :one
-- The repositories and documents of a tenant, without one repository and one track. A repository
-- that was never fetched does not count, and one that is being forgotten counts until it is gone. A
-- track that is being listed counts with its future number of documents.
select coalesce(n.max_repositories, 0)::bigint as max_repositories, coalesce(n.max_documents, 0)::bigint as max_documents,
    case when n.max_repositories is null then 0 else (select count(*) from repositories r
        where r.tenant = @tenant and r.id <> @repository and exists (select 1 from tracks t where t.repository = r.id)) end::bigint as repositories,
    case when n.max_documents is null then 0 else (
        select coalesce(sum(greatest(
            (select count(*) from documents d where d.track = t.id and d.state not in ('skipped', 'removed')),
            (select s.expected from snapshots s where s.track = t.id and s.state = 'listing'))), 0)
        from tracks t join repositories r on r.id = t.repository
        where r.tenant = @tenant and t.id <> @track) end::bigint as documents
from tenants n where n.name = @tenant;

-- name: LockRoom :one
-- Locks the row of a tenant with a limit, for a repository that does not count yet, so that
-- two of them do not take the last place.
select max_repositories::bigint as max_repositories from tenants n
where n.name = @tenant and n.max_repositories is not null and not exists (select 1 from tracks t where t.repository = @repository)
for no key update of n;

-- name: LockLimit :one
-- Locks the row of a tenant with a limit of documents, so that no two commits take the same
-- room.
select max_documents::bigint as max_documents from tenants where name = @tenant and max_documents is not null
for no key update;

-- name: DropEndedTokens :execrows
-- The row of a token's replacement names the token, and forgets it here.
delete from tokens where id in (
    select t.id from tokens t
    where least(t.revoked_at, t.expires_at) < now() - make_interval(secs => @age::float8)
    order by t.id limit @most
);
