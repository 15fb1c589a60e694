-- name: ActiveGeneration :one
select g.number, g.collection, e.id as embedder, e.name, e.dimensions, e.distance
from generations g join embedders e on e.id = g.embedder where g.state = 'active';

-- name: PutEmbedder :one
insert into embedders as e (name, dimensions, distance) values (@name, @dimensions, @distance)
on conflict (name) do update set name = excluded.name
returning e.id, e.dimensions, e.distance;

-- name: AddGeneration :one
insert into generations (embedder, collection, state)
values (@embedder, @prefix::text || '_g' || (select coalesce(max(number), 0) + 1 from generations), 'active')
returning number, collection;
