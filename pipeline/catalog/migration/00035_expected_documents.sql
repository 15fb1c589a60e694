-- +goose Up

-- The documents that a commit may have when its listing is complete. Its tenant's limit
-- counts them while the listing lasts. Null: the tenant had no limit when it began.
alter table snapshots add expected bigint check (expected > 0);

-- +goose Down
alter table snapshots drop column expected;
