-- name: CountOtherIndexes :one
select count(*) from graph_indexes where repository = @repository and commit = @commit and name <> @name;

-- name: PutGraphIndex :execrows
insert into graph_indexes (id, repository, commit, name, tool, hash, documents, occurrences, left_out)
select @id, r.id, @commit, @name, @tool, @hash, @documents, @occurrences, @left_out
from repositories r where r.id = @repository and r.tenant = @tenant and r.forgotten_at is null
on conflict (id) do update set tool = excluded.tool, hash = excluded.hash, documents = excluded.documents, occurrences = excluded.occurrences,
    left_out = excluded.left_out, placed = null, strange = null, imported_at = now();

-- name: DropGraphIndexFiles :exec
delete from graph_index_files where index = @index;

-- name: AddGraphIndexFiles :copyfrom
insert into graph_index_files (index, path, form) values (@index, @path, @form);

-- name: TrimGraphIndexes :exec
-- The indexes of a repository beyond the newest, except indexes of commits that its tracks are at.
delete from graph_indexes d using (
    select i.id from graph_indexes i
    where i.repository = @repository and not exists (
        select 1 from tracks t join snapshots s on s.track = t.id
        where t.repository = i.repository and t.forgotten_at is null and s.commit = i.commit and s.state in ('indexing', 'indexed')
    )
    order by i.imported_at desc, i.id offset @most
) old where d.id = old.id;

-- name: DropGraphIndex :execrows
delete from graph_indexes i using repositories r
where r.id = i.repository and r.tenant = @tenant and i.repository = @repository and i.commit = @commit and i.name = @name;

-- name: OweGraphsAt :exec
-- The graphs of a repository's tracks that are of a commit are made anew.
update graphs g set owed = true, changed = changed + 1 from tracks t where t.id = g.track and t.repository = @repository and g.commit = @commit;

-- name: GraphIndexes :many
-- The indexes of a repository, newest first, and whether a graph of a track contains their edges.
select i.commit, i.name, i.tool, i.documents, i.occurrences, i.left_out, i.placed, i.strange, i.imported_at,
    exists (
        select 1 from tracks t join graphs g on g.track = t.id
        where t.repository = i.repository and t.forgotten_at is null and g.commit = i.commit and strpos(g.indexes, encode(i.hash, 'hex')) > 0
    )::bool as holds
from graph_indexes i
where i.repository = @repository
order by i.imported_at desc, i.id limit @most;

-- name: GraphIndexesOf :many
select id, name, hash from graph_indexes where repository = @repository and commit = @commit order by name;

-- name: GraphIndexFiles :many
select path, form from graph_index_files where index = @index and path > @after order by path limit @most;

-- name: PlacedGraphIndex :exec
update graph_indexes set placed = @placed, strange = @strange where id = @id;

-- name: DropExact :exec
delete from graph_exact where track = @track;

-- name: UnindexGraph :exec
update graphs set indexes = '', changed = changed + 1 where track = @track and indexes <> '';

-- name: PutExact :exec
insert into graph_exact (document, track, edges, targets)
select u.document, @track, u.edges, string_to_array(u.targets, ',')::bigint[]
from (select unnest(@documents::uuid[]) as document, unnest(@edges::bytea[]) as edges, unnest(@targets::text[]) as targets) u
on conflict (document) do update set edges = excluded.edges, targets = excluded.targets;

-- name: ExactOf :many
select document, edges, targets from graph_exact where document = any(@documents::uuid[]) and track = @track;

-- name: CountExact :one
select count(*) from graph_exact where track = @track;

-- name: ShredGraphIndexes :exec
delete from graph_indexes i using repositories r where r.id = i.repository and r.tenant = @tenant;
