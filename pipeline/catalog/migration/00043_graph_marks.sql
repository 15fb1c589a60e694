-- +goose Up

-- A document that a graph has to look at again, because what it holds has changed. Each change
-- leaves a mark of its own, so that nobody waits for anybody else and a mark that was read can be
-- deleted without losing a later one. The id is random, so that marks of a backup and marks that
-- its documents leave when they are restored are never the same.
create table graph_marks (
    id       uuid primary key default gen_random_uuid(),
    track    uuid not null references tracks on delete cascade,
    document uuid not null
);
create index graph_marks_track on graph_marks (track);

-- A track that is going away needs no marks.
-- +goose StatementBegin
create function mark_for_graph() returns trigger language plpgsql as $$
begin
    insert into graph_marks (track, document)
    select r.track, r.id from (select coalesce(new.track, old.track) as track, coalesce(new.id, old.id) as id) r
    where tg_op <> 'DELETE' or exists (select 1 from tracks t where t.id = r.track);
    return null;
end $$;
-- +goose StatementEnd

-- A first listing leaves none, because there is no graph before it.
create trigger documents_graph_insert after insert on documents
    for each row when (new.revision > 1 and new.chunking is not null) execute function mark_for_graph();
create trigger documents_graph_update after update of chunking on documents
    for each row when (old.chunking is distinct from new.chunking) execute function mark_for_graph();
create trigger documents_graph_delete after delete on documents
    for each row when (old.chunking is not null) execute function mark_for_graph();

-- Changes before this migration have left no marks.
update graphs set owed = true;

-- +goose Down
drop trigger documents_graph_delete on documents;
drop trigger documents_graph_update on documents;
drop trigger documents_graph_insert on documents;
drop function mark_for_graph;
drop table graph_marks;
