-- +goose Up

-- Set when something happened that a run under way may have missed. The next run
-- then starts from the beginning, at once, whatever the one under way saves or
-- plans.
alter table sync_work add column again boolean not null default false;

-- +goose Down
alter table sync_work drop column again;
