-- +goose Up

-- The number of a document's chunks, as its chunking says it. A chunking never changes, and
-- the trigger sets the number with each new chunking of a document, so the two cannot differ.
alter table documents add column chunks int;
update documents d set chunks = k.chunks from chunkings k where k.id = d.chunking;
-- +goose StatementBegin
create function take_chunks() returns trigger language plpgsql as $$
begin
    new.chunks := (select k.chunks from chunkings k where k.id = new.chunking);
    return new;
end $$;
-- +goose StatementEnd
create trigger documents_chunks before insert or update of chunking, chunks on documents
    for each row execute function take_chunks();

-- The status of a track counts its documents by state and sums up their chunks. It finds all of
-- that in the index. Equal entries share one, so it stays small.
drop index documents_revision;
create index documents_revision on documents (track, revision, state, chunks);

-- +goose Down
drop index documents_revision;
create index documents_revision on documents (track, revision);
drop trigger documents_chunks on documents;
drop function take_chunks;
alter table documents drop column chunks;
