-- +goose Up
-- The syncer counts the pending polls of each tenant.
create index submissions_waiting on submissions (source, tenant) where state = 'pending';

-- +goose Down
drop index submissions_waiting;
