-- +goose Up

-- Finds old days, which are deleted.
create index embedder_usage_day on embedder_usage (day);

-- +goose Down
drop index embedder_usage_day;
