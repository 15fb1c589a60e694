-- name: PutAudit :exec
insert into audit (tenant, actor, token, door, address, request, action, target, before, after)
values (@tenant, @actor, @token, @door, @address, @request, @action, @target, sqlc.narg(before), sqlc.narg(after));

-- name: ListAudit :many
-- Newest first.
select id, at, tenant, actor, token, door, address, request, action, target, before, after from audit
where (@any_tenant::bool or tenant = @tenant::text) and (@action::text = '' or action = @action::text or action like @action::text || '.%')
    and (sqlc.narg(since)::timestamptz is null or at >= sqlc.narg(since)) and id < @older::bigint
order by id desc limit @most;
