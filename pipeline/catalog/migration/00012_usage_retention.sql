-- +goose Up

-- By which old days are found, to be forgotten.
create index embedder_usage_day on embedder_usage (day);

-- +goose Down
drop index embedder_usage_day;
