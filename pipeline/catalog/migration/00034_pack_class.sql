-- +goose Up

-- The class of storage that the pack's object was given when it was old; null: that in
-- which it was written.
alter table packs add class text check (class <> '');

-- +goose Down
-- Objects stay in the class that they have.
alter table packs drop column class;
