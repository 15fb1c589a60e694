-- +goose Up

-- The names under which other repositories import what a track holds, as its files declare
-- them: module paths of Go, names of packages, groups of Maven.
alter table graphs add column modules text[] not null default '{}';
create index graphs_modules on graphs using gin (modules);

-- +goose Down
alter table graphs drop column modules;
