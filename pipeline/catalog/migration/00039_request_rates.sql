-- +goose Up

-- How far tokens and tenants are ahead of their rates, over all gateways: what one has asked
-- for counts until clear_at. It is true for a moment only, so the table is not logged, and a
-- crash of Postgres lets everybody begin anew.
create unlogged table request_rates (
    name     text        primary key check (name <> ''),
    clear_at timestamptz not null
);

-- +goose Down
drop table request_rates;
