-- +goose Up

-- How much the stores held, by the hour, from which 'leat doctor' tells when one will be
-- full. The syncer keeps 90 days of it.
create table measurements (
    name  text             not null check (name <> ''),
    at    timestamptz      not null, -- the beginning of the hour
    value double precision not null check (value >= 0),
    most  double precision not null check (most >= 0), -- that there may be; 0: no limit is known
    primary key (name, at)
);

-- +goose Down
drop table measurements;
