-- name: ListGenerations :many
select g.number, g.collection, g.state, g.state_at, g.source, g.served, g.verified_at, g.points, g.chunks, g.rate, g.created_at,
    coalesce(g.error, '')::text as error, (extract(epoch from now() - g.state_at))::float8 as age,
    coalesce(extract(epoch from now() - g.sampled_at), -1)::float8 as sampled_age,
    e.id as embedder, e.name, e.dimensions, e.distance, e.recipe,
    (select count(*) from generation_failures f where f.generation = g.number) as failing
from generations g join embedders e on e.id = g.embedder order by g.number;

-- name: ActiveGeneration :one
select g.number, g.collection, e.id as embedder, e.name, e.dimensions, e.distance, e.recipe
from generations g join embedders e on e.id = g.embedder where g.state = 'active';

-- name: IsActive :one
select exists (select 1 from generations g where g.number = @number and g.state = 'active') as active;

-- name: PutEmbedder :one
insert into embedders as e (name, dimensions, distance, recipe) values (@name, @dimensions, @distance, @recipe)
on conflict (name) do update set recipe = case when e.recipe = '' then excluded.recipe else e.recipe end
returning e.id, e.dimensions, e.distance, e.recipe;

-- name: SetRecipe :one
update embedders set recipe = case when recipe = '' then @recipe else recipe end where id = @id returning recipe;

-- name: AddFirstGeneration :one
-- A number names one collection for ever, even after its row has gone.
with new as (select nextval(pg_get_serial_sequence('generations', 'number')) as number)
insert into generations (number, embedder, collection, state, served, verified_at)
overriding system value
select new.number, @embedder, @prefix::text || '_g' || new.number, 'active', true, now() from new
returning number, collection;

-- name: AddGeneration :one
with new as (select nextval(pg_get_serial_sequence('generations', 'number')) as number)
insert into generations (number, embedder, collection, state, source)
overriding system value
select new.number, @embedder, @prefix::text || '_g' || new.number, 'building', @source from new
returning number, collection;

-- name: LockGenerations :many
select number, state, served from generations order by number for no key update;

-- name: SetGenerationState :exec
update generations set state = @state, state_at = now(), served = served or @state = 'active', verified_at = null,
    points = 0, rate = 0, sampled_at = null, error = null
where number = @number;

-- name: SampleGeneration :exec
update generations set points = @points, chunks = @chunks, rate = @rate, sampled_at = now() where number = @number and state = 'building';

-- name: SetGenerationError :exec
update generations set error = nullif(@error::text, '') where number = @number and error is distinct from nullif(@error::text, '');

-- name: VerifyGeneration :execrows
update generations set verified_at = now(), error = null where number = @number and state = @state;

-- name: DropGeneration :execrows
delete from generations where number = @number and state = 'dropping';

-- name: DropEmbedder :exec
delete from embedders e where e.id = @id
    and not exists (select 1 from generations g where g.embedder = e.id) and not exists (select 1 from vectors v where v.embedder = e.id)
    and not exists (select 1 from claims c where c.embedder = e.id) and not exists (select 1 from embedder_usage u where u.embedder = e.id);

-- name: CountChunks :one
select coalesce(sum(k.chunks), 0)::bigint as chunks
from documents d join chunkings k on k.id = d.chunking where d.state = 'indexed' and not d.asleep;

-- name: DelayInGenerations :many
-- The failures of one generation, or of all generations of an embedder except the active one.
-- Either the number or the id is 0.
insert into generation_failures as f (generation, document, revision, attempts, error, due_at)
select g.number, d.id, d.revision, 1, @reason,
    now() + make_interval(secs => greatest(sqlc.arg(at_least)::float8, sqlc.arg(first)::float8 * (0.5 + random() / 2)))
from generations g, documents d
where (g.number = @generation or g.embedder = @embedder) and g.state in ('building', 'retired')
    and d.id = @document and d.revision = @revision
on conflict (generation, document) do update set
    revision = excluded.revision, error = excluded.error,
    attempts = case when f.revision = excluded.revision then f.attempts + 1 else 1 end,
    due_at = case when f.revision = excluded.revision
        then now() + make_interval(secs => greatest(sqlc.arg(at_least)::float8,
            least(sqlc.arg(most)::float8, sqlc.arg(first)::float8 * power(2, least(f.attempts, 60))) * (0.5 + random() / 2)))
        else excluded.due_at end
returning attempts;

-- name: BuryInGenerations :exec
insert into generation_failures as f (generation, document, revision, attempts, error, due_at)
select g.number, d.id, d.revision, 1, @reason, 'infinity'
from generations g, documents d
where (g.number = @generation or g.embedder = @embedder) and g.state in ('building', 'retired')
    and d.id = @document and d.revision = @revision
on conflict (generation, document) do update set
    attempts = case when f.revision = excluded.revision then f.attempts + 1 else 1 end,
    revision = excluded.revision, error = excluded.error, due_at = 'infinity';

-- name: GenerationFailures :many
select document, revision, (due_at > now())::bool as later, (due_at = 'infinity')::bool as buried
from generation_failures where generation = @generation and document = any(@ids::uuid[]);

-- name: DropGenerationFailuresOf :exec
delete from generation_failures where generation = @generation and document = any(@ids::uuid[]);

-- name: TakeOverFailures :execrows
-- The documents that failed in the active generation while it was built.
with taken as (
    delete from generation_failures f using generations g
    where f.generation = @generation and g.number = f.generation and g.state = 'active'
    returning f.document, f.revision, f.attempts, f.error, f.due_at
)
update documents d set state = 'failed', error = t.error, attempts = t.attempts, due_at = t.due_at
from taken t where d.id = t.document and d.revision = t.revision and d.chunking is not null;

-- name: HastenDocuments :exec
-- Documents that were under way when another generation became active are due at
-- once. Those that were embedded by another model, or failed with it, go to the
-- embedder.
update documents d set due_at = now(), attempts = 0,
    state = case when d.state = 'embedded' and @embedder_changed::bool then 'chunked' else d.state end
from (
    select l.id from documents l
    where l.due_at < 'infinity' or (@embedder_changed::bool and l.due_at = 'infinity' and l.state = 'failed' and l.chunking is not null)
    order by l.id for no key update
) locked
where d.id = locked.id;

-- name: RetryInGenerations :execrows
-- The next comparison of a generation finds that it lacks the document.
delete from generation_failures where document = @document;
