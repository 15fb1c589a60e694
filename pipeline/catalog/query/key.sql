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
-- How much each key has sealed, by the names of packs; '': they are not sealed.
select coalesce(substring(key from '\.([0-9a-f]{8})\.[0-9a-f]{32}\.pack$'), '')::text as id, count(*) as packs, sum(size)::bigint as bytes
from packs where deleted_at is null group by 1;
