-- +goose Up

-- The settings beside name, dimensions and distance that decide an embedder's
-- vectors: the model, prefixes and tasks, as text that shows a difference. Empty:
-- they are not known yet, or the name says everything.
alter table embedders add column recipe text not null default '';

-- +goose Down
alter table embedders drop column recipe;
