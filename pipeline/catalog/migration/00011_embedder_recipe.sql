-- +goose Up

-- What else than its name, dimensions and distance makes an embedder's vectors:
-- the model, prefixes and tasks, as text that shows what differs. Empty: not
-- known yet, or the name says all.
alter table embedders add column recipe text not null default '';

-- +goose Down
alter table embedders drop column recipe;
