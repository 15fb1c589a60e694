-- name: ActivePackKey :one
select id, coalesce(domain, '')::text as domain, state, wrapped, wrapped_by, created_at, retired_at, destroyed_at
from pack_keys where coalesce(domain, '') = @domain::text and state = 'active';

-- name: LoadPackKey :one
select id, coalesce(domain, '')::text as domain, state, wrapped, wrapped_by, created_at, retired_at, destroyed_at
from pack_keys where id = @id;

-- name: ListPackKeys :many
select k.id, coalesce(k.domain, '')::text as domain, coalesce(d.tenant, '')::text as tenant, k.state, k.wrapped, k.wrapped_by,
    k.created_at, k.retired_at, k.destroyed_at
from pack_keys k left join key_domains d on d.name = k.domain
order by k.created_at, k.id;

-- name: AddPackKey :execrows
insert into pack_keys (id, domain, state, wrapped, wrapped_by) values (@id, nullif(@domain::text, ''), 'active', @wrapped, @wrapped_by)
on conflict do nothing;

-- name: RetirePackKey :many
update pack_keys set state = 'retired', retired_at = now() where coalesce(domain, '') = @domain::text and state = 'active' returning id;

-- name: RewrapPackKey :execrows
update pack_keys set wrapped = @wrapped, wrapped_by = @wrapped_by where id = @id and state <> 'destroyed' and wrapped_by = @was;

-- name: SumPackKeys :many
-- The amount that each key has sealed, by the names of packs. The key '' stands for packs that are
-- not sealed.
select coalesce(substring(key from '\.([0-9a-f]{8})\.[0-9a-f]{32}\.pack$'), '')::text as id, count(*) as packs, sum(size)::bigint as bytes
from packs where deleted_at is null group by 1;

-- name: TenantDomain :one
-- The newest domain of a tenant.
select name, (destroyed_at is not null)::bool as destroyed from key_domains where tenant = @tenant order by number desc limit 1;

-- name: ListDomains :many
-- The newest domain of each tenant that has one.
select distinct on (tenant) tenant, name, (destroyed_at is not null)::bool as destroyed from key_domains order by tenant, number desc;

-- name: AddDomain :one
insert into key_domains (name, tenant, number)
select @tenant::text || '.' || n, @tenant::text, n from (select coalesce(max(d.number), 0) + 1 as n from key_domains d where d.tenant = @tenant::text) next
returning name;

-- name: DestroyDomain :many
update key_domains set destroyed_at = now() where tenant = @tenant and destroyed_at is null returning name;

-- name: DestroyKeys :many
update pack_keys set state = 'destroyed', wrapped = null, destroyed_at = now(), retired_at = coalesce(retired_at, now())
where domain = @domain::text and state <> 'destroyed' returning id;

-- name: DestroyedKeys :many
select k.id, d.tenant from pack_keys k join key_domains d on d.name = k.domain where k.state = 'destroyed' order by k.id;

-- name: ShredDocuments :many
-- Documents whose text was sealed with a destroyed key. Their points are removed like those of any
-- other skipped document.
update documents d set state = 'skipped', chunking = null, encoding = null, skip_reason = @reason::text, skip_detail = null, error = null, attempts = 0,
    indexed_revision = d.revision, due_at = now()
from (
    select l.id from documents l
    join tracks t on t.id = l.track
    join repositories r on r.id = t.repository
    join chunkings k on k.id = l.chunking
    join blobs b on b.sha256 = k.blob
    join packs p on p.id = b.pack
    where r.tenant = @tenant and p.key like '%.' || @key::text || '.%'
    order by l.id limit @most for no key update of l
) locked
where d.id = locked.id
returning d.id;

-- name: ShredGraphs :exec
-- The parts of a tenant's texts in graphs: names, signatures, comments.
delete from graphs g using tracks t, repositories r where t.id = g.track and r.id = t.repository and r.tenant = @tenant;
