-- name: KnownFacts :many
select f.blob, f.language, f.content
from facts f
join (select unnest(@blobs::bytea[]) as blob, unnest(@languages::text[]) as language) u on u.blob = f.blob and u.language = f.language
where f.extractor = @extractor;

-- name: AddFacts :exec
insert into facts (blob, language, extractor, content)
select u.blob, u.language, @extractor, u.content
from (select unnest(@blobs::bytea[]) as blob, unnest(@languages::text[]) as language, unnest(@contents::bytea[]) as content) u
on conflict (blob, language, extractor) do nothing;

-- name: DropFactsOf :exec
delete from facts where content = any(@contents::bytea[]);

-- name: DropOldFacts :execrows
-- Facts of older extractors, and facts of languages as which no document reads the blob any more.
delete from facts f
where f.blob > @after and f.blob <= @upto
    and (f.extractor < @extractor or not exists (select 1 from chunkings k where k.blob = f.blob and k.language = f.language));

-- name: OwedGraphs :many
select track, tenant, repository, revision, commit, made from current_graphs
where differs or version < @version
order by listed_at limit @most;

-- name: LatelyOwedGraphs :many
-- The owed graphs of tracks that were listed lately, whose indexes were imported lately, or that were
-- found to be wrong.
select c.track, c.tenant, c.repository, c.revision, c.commit, c.made
from (
    select s.track from snapshots s where s.state in ('indexing', 'indexed') and s.listed_at >= now() - make_interval(secs => @age::float8)
    union
    select t.id from graph_indexes i join tracks t on t.repository = i.repository where i.imported_at >= now() - make_interval(secs => @age::float8)
    union
    select g.track from graphs g where g.owed
) lately
join current_graphs c on c.track = lately.track
where c.differs or c.version < @version
order by c.listed_at limit @most;

-- name: LoadGraph :one
select revision, coalesce(commit, '')::bytea as commit, version, inputs, layout, changed, owed, indexes from graphs where track = @track;

-- name: BeginGraph :exec
insert into graphs (track, revision, version, inputs, layout, modules) values (@track, 0, @version, @inputs, @layout, @modules)
on conflict (track) do update set version = excluded.version, inputs = excluded.inputs, layout = excluded.layout, modules = excluded.modules;

-- name: DropGraph :exec
delete from graphs where track = @track;

-- name: FinishGraph :execrows
update graphs g set revision = @revision, commit = @commit, made_at = now(), owed = false, indexes = @indexes
where g.track = @track and g.version = @version and not exists (select 1 from graph_files f where f.track = g.track and f.stale);

-- name: TouchGraph :exec
update graphs set changed = changed + 1 where track = @track;

-- name: StaleAll :exec
update graph_files set stale = true where track = @track and not stale;

-- name: GraphChanges :many
-- The new files, and the files whose facts differ from those in the graph; by document, after one.
select d.id, d.path, k.blob, k.language, (g.document is not null)::bool as known
from documents d
join chunkings k on k.id = d.chunking
left join graph_files g on g.document = d.id
where d.track = @track and d.id > @after and d.state <> 'removed' and k.language = any(@languages::text[])
    and (g.document is null or g.blob <> k.blob or g.language <> k.language)
order by d.id limit @most;

-- name: GraphGone :many
select g.document
from graph_files g
left join documents d on d.id = g.document and d.state <> 'removed'
left join chunkings k on k.id = d.chunking
where g.track = @track and (k.id is null or k.language <> all(@languages::text[]))
order by g.document limit @most;

-- name: GraphMarks :many
select id, document from graph_marks where track = @track limit @most;

-- name: GraphChangesOf :many
-- Of some documents: the new ones, and those whose facts differ from those in the graph.
select d.id, d.path, k.blob, k.language, (g.document is not null)::bool as known
from documents d
join chunkings k on k.id = d.chunking
left join graph_files g on g.document = d.id
where d.track = @track and d.id = any(@documents::uuid[]) and d.state <> 'removed' and k.language = any(@languages::text[])
    and (g.document is null or g.blob <> k.blob or g.language <> k.language)
order by d.id;

-- name: GraphGoneOf :many
-- Of some documents: those that the graph has and the track does not hold any more.
select g.document
from graph_files g
left join documents d on d.id = g.document and d.state <> 'removed'
left join chunkings k on k.id = d.chunking
where g.track = @track and g.document = any(@documents::uuid[]) and (k.id is null or k.language <> all(@languages::text[]))
order by g.document;

-- name: DropGraphMarks :exec
delete from graph_marks where id = any(@ids::uuid[]);

-- name: GraphInputs :many
select d.path, k.blob
from documents d
join chunkings k on k.id = d.chunking
where d.track = @track and d.state <> 'removed' and k.language = any(@languages::text[])
    and encode(d.path, 'escape') ~ @pattern::text
order by d.path limit @most;

-- name: DropGraphFiles :exec
delete from graph_files where document = any(@documents::uuid[]);

-- name: PutGraphFiles :exec
insert into graph_files (document, track, path, blob, language, package, stale, edges, keys, targets)
select u.document, @track, u.path, u.blob, u.language, u.package, true, '', '{}', '{}'
from (select unnest(@documents::uuid[]) as document, unnest(@paths::text[]) as path, unnest(@blobs::bytea[]) as blob,
    unnest(@languages::text[]) as language, unnest(@packages::text[]) as package) u
on conflict (document) do update set path = excluded.path, blob = excluded.blob, language = excluded.language, package = excluded.package, stale = true;

-- name: DropGraphSymbols :exec
delete from graph_symbols where document = any(@documents::uuid[]);

-- name: AddGraphSymbols :copyfrom
insert into graph_symbols (document, ordinal, track, name, qualified, kind, visibility, start_line, end_line, line, signature, doc, type, bases)
values (@document, @ordinal, @track, @name, @qualified, @kind, @visibility, @start_line, @end_line, @line, @signature, @doc, @type, @bases);

-- name: StaleByKeys :execrows
update graph_files set stale = true where track = @track and not stale and keys && @keys::bigint[];

-- name: StaleFiles :many
select document, path, blob, language, package from graph_files where track = @track and stale order by document limit @most;

-- name: PutEdges :exec
update graph_files g set stale = false, edges = u.edges, keys = string_to_array(u.keys, ',')::bigint[], targets = string_to_array(u.targets, ',')::bigint[]
from (select unnest(@documents::uuid[]) as document, unnest(@edges::bytea[]) as edges, unnest(@keys::text[]) as keys, unnest(@targets::text[]) as targets) u
where g.document = u.document;

-- name: SymbolsOfDocuments :many
select s.document, s.ordinal, s.name, s.qualified, s.kind, s.visibility, s.start_line, s.end_line, s.line, s.signature, s.doc, s.type, s.bases,
    f.path, f.language, f.package
from graph_symbols s join graph_files f on f.document = s.document
where s.document = any(@documents::uuid[]) order by s.document, s.ordinal limit @most;

-- name: SymbolsNamed :many
-- Name by name, so that statistics which lag behind a new graph never lead to a scan of the whole of it.
select s.document, s.ordinal, s.name, s.qualified, s.kind, s.visibility, s.start_line, s.end_line, s.line, s.signature, s.doc, s.type, s.bases,
    s.path, s.language, s.package
from unnest(@names::text[]) as wanted (name)
cross join lateral (
    select one.document, one.ordinal, one.name, one.qualified, one.kind, one.visibility, one.start_line, one.end_line, one.line, one.signature, one.doc,
        one.type, one.bases, f.path, f.language, f.package
    from graph_symbols one join graph_files f on f.document = one.document
    where one.track = @track and one.name = wanted.name
    order by f.path, one.ordinal limit @most_of_each
) s;

-- name: FindSymbols :many
-- Symbols by the beginning of their name in lower case.
select s.document, s.ordinal, s.name, s.qualified, s.kind, s.visibility, s.start_line, s.end_line, s.line, s.signature, s.doc, s.type, s.bases,
    f.path, f.language, f.package
from graph_symbols s join graph_files f on f.document = s.document
where s.track = @track and s.kind > 0 and lower(s.name) like @pattern and (cardinality(@kinds::smallint[]) = 0 or s.kind = any(@kinds::smallint[]))
    and (lower(s.name), f.path, s.ordinal) > (@after_name, @after_path, @after_ordinal::int)
order by lower(s.name), f.path, s.ordinal limit @most;

-- name: FilesOfGraph :many
select f.document, f.path, f.language, f.package, f.stale, coalesce(x.edges, f.edges)::bytea as edges
from graph_files f left join graph_exact x on x.document = f.document
where f.track = @track and f.path > @after order by f.path limit @most;

-- name: GraphFilesOf :many
select f.document, f.path, f.language, f.package, f.stale, coalesce(x.edges, f.edges)::bytea as edges
from graph_files f left join graph_exact x on x.document = f.document
where f.document = any(@documents::uuid[]) and f.track = @track;

-- name: FilesLeadingTo :many
-- Without the edges, so that the files with edges to a target are looked for only once, however many
-- they are.
select own.document, own.path from graph_files own where own.track = @track and own.targets && @targets::bigint[]
union
select f.document, f.path from graph_exact x join graph_files f on f.document = x.document
where x.track = @track and x.targets && @targets::bigint[]
order by path limit @most;

-- name: GraphFilesAround :many
-- The graph files of documents, and then the files with edges to targets in the documents' tracks.
select f.document, f.path, f.language, f.package, f.stale, coalesce(x.edges, f.edges)::bytea as edges, g.commit::bytea as commit
from graph_files f join graphs g on g.track = f.track left join graph_exact x on x.document = f.document
where f.track = any(@tracks::uuid[]) and g.revision > 0 and f.document in (
    select unnest(@documents::uuid[])
    union all
    select own.document from graph_files own where own.targets && @targets::bigint[]
    union all
    select exact.document from graph_exact exact where exact.targets && @targets::bigint[]
)
order by f.document <> all(@documents::uuid[]), f.path, f.document limit @most;

-- name: GraphPaths :many
select document, path from graph_files where document = any(@documents::uuid[]);

-- name: GraphsDeclaring :many
-- The graphs of tracks that declare one of the modules, by track.
select track, layout, coalesce(commit, '')::bytea as commit, revision, owed, modules from graphs
where track = any(@tracks::uuid[]) and revision > 0 and modules && @modules::text[] order by track limit @most;

-- name: GraphImportRows :many
-- The imports of files: a module under a name, or all of a module.
select s.document, s.name, s.qualified, s.signature, s.line from graph_symbols s
where s.document = any(@documents::uuid[]) and s.kind = 0 order by s.document, s.ordinal limit @most;

-- name: GraphModules :one
select modules from graphs where track = @track;

-- name: GraphFilesImporting :many
-- Files of tracks that import modules with one of the hashes, which other tracks may declare; by path
-- and document, after one.
select f.document, f.track, f.path, f.language, f.package, f.stale, coalesce(x.edges, f.edges)::bytea as edges
from graph_files f join graphs g on g.track = f.track left join graph_exact x on x.document = f.document
where f.track = any(@tracks::uuid[]) and g.revision > 0 and f.targets && @keys::bigint[] and (f.path, f.document) > (@after_path, @after_document::uuid)
order by f.path, f.document limit @most;

-- name: FactContents :many
select f.blob, f.language, f.content from facts f
where f.blob = any(@blobs::bytea[]) and f.extractor = @extractor;

-- name: KeptGraphAnswer :one
select answer from graph_answers where track = @track and question = @question and changed = @changed;

-- name: KeepGraphAnswer :exec
insert into graph_answers (track, question, changed, answer)
select g.track, @question, @changed, @answer from graphs g where g.track = @track
on conflict (track, question) do update set changed = excluded.changed, answer = excluded.answer
where graph_answers.changed < excluded.changed;

-- name: ChangedWith :many
-- The documents that were last changed by the snapshot that last changed a document. The oldest
-- snapshot of a track is left out: it changed everything, which says nothing.
select d.path
from documents d
where d.track = @track and d.state <> 'removed'
    and d.revision = (select one.revision from documents one where one.id = @document and one.track = @track)
    and d.revision > (select min(old.revision) from documents old where old.track = @track)
order by d.path limit @most;

-- name: GraphStates :many
-- The tracks with a current snapshot, each with its graph if it has one; by track.
select t.id, s.revision as current, coalesce(g.revision, 0)::bigint as made, coalesce(g.version, 0)::bigint as version,
    coalesce(g.changed, 0)::bigint as changed, coalesce(g.owed, false)::bool as owed, coalesce(g.inputs, '')::bytea as inputs,
    coalesce(g.layout, '{}')::jsonb as layout, r.id as repository, s.commit, coalesce(g.indexes, '')::text as indexes,
    coalesce((
        select string_agg(encode(i.hash, 'hex'), ' ' order by i.name) from graph_indexes i where i.repository = r.id and i.commit = s.commit
    ), '')::text as imported
from tracks t
join repositories r on r.id = t.repository
join snapshots s on s.track = t.id
left join graphs g on g.track = t.id
where s.state in ('indexing', 'indexed') and t.forgotten_at is null and r.forgotten_at is null and t.id > @after
    and (cardinality(@repositories::uuid[]) = 0 or r.id = any(@repositories::uuid[]))
order by t.id limit @most;

-- name: GraphRows :many
select document, path, blob, language, package, stale, edges, keys, targets from graph_files
where track = @track and path > @after order by path limit @most;

-- name: StaleGraphFiles :exec
update graph_files set stale = true where track = @track and document = any(@documents::uuid[]) and not stale;

-- name: OweGraph :exec
update graphs set owed = true, changed = changed + 1 where track = @track;

-- name: GraphRowsOf :many
select document, path, blob, language, package, stale, edges, keys, targets from graph_files
where track = @track and document = any(@documents::uuid[]) order by path;
