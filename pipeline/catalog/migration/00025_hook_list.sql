-- +goose Up

-- A tenant's hooks are listed in this order, those that were revoked too.
create index hooks_listed on hooks (tenant, created_at, id);

-- +goose Down
drop index hooks_listed;
