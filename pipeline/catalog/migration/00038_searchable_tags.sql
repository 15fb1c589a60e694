-- +goose Up

-- How many of the newest tags of a rule are searchable at once; the others sleep. Null: all that are kept.
alter table tag_rules add searchable int check (searchable between 1 and 1000);

-- +goose Down
-- Tags that sleep stay asleep until somebody searches them.
alter table tag_rules drop column searchable;
