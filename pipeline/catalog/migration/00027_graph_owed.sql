-- +goose Up

-- A comparison found the graph to differ from the facts of its files.
alter table graphs add column owed bool not null default false;

-- +goose Down
alter table graphs drop column owed;
