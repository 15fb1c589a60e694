-- +goose Up

-- The version of the term weights that a record holds beside its dense vector.
-- Those of an older version are computed again when a chunking needs them.
alter table vectors add terms int not null default 1 check (terms > 0);

-- The definitions in a chunk: their names, and for each its first and last line.
-- Chunkings of older versions name none.
alter table chunks add symbols text[] not null default '{}', add symbol_lines int[] not null default '{}',
    add check (cardinality(symbol_lines) = 2 * cardinality(symbols));

-- +goose Down
alter table chunks drop column symbols, drop column symbol_lines;
alter table vectors drop column terms;
