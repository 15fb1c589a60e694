-- +goose Up

-- What happened that a run under way may have passed by: the next run begins
-- anew, at once, whatever the one under way saves or plans.
alter table sync_work add column again boolean not null default false;

-- +goose Down
alter table sync_work drop column again;
