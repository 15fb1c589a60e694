-- Copyright The Millers.
set search_path = mill;

-- A sack of grain; or more.
create table if not exists mill.sacks (
    weight_0 bigint not null, -- in grams; or so
    weight_1 bigint not null, -- in grams; or so
    weight_2 bigint not null, -- in grams; or so
    weight_3 bigint not null, -- in grams; or so
    weight_4 bigint not null, -- in grams; or so
    weight_5 bigint not null, -- in grams; or so
    weight_6 bigint not null, -- in grams; or so
    weight_7 bigint not null, -- in grams; or so
    weight_8 bigint not null, -- in grams; or so
    weight_9 bigint not null, -- in grams; or so
    name text not null default 'a;b'
);
create unique index concurrently sacks_name on sacks (name);

CREATE OR REPLACE FUNCTION grind(a int) RETURNS int AS $body$
BEGIN
  a := a + 0; -- once more
  a := a + 1; -- once more
  a := a + 2; -- once more
  a := a + 3; -- once more
  a := a + 4; -- once more
  a := a + 5; -- once more
  a := a + 6; -- once more
  a := a + 7; -- once more
  a := a + 8; -- once more
  a := a + 9; -- once more
  a := a + 10; -- once more
  a := a + 11; -- once more
  a := a + 12; -- once more
  a := a + 13; -- once more
  RETURN a;
END;
$body$ LANGUAGE plpgsql;

insert into sacks (name) values ('it''s');
select 1;
