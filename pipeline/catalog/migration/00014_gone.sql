-- +goose Up

-- When somebody said that the remote has deleted the ref; null: nobody has, or the
-- ref has been seen since. A look at the remote decides.
alter table tracks add gone_at timestamptz;

-- +goose Down
alter table tracks drop column gone_at;
