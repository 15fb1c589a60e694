-- +goose Up

-- A document as it was at older revisions of its track: from since on, and before until. A
-- listing at an older revision is these rows, and the documents that have not changed
-- since. They keep no text: one that nothing else holds is collected as garbage.
create table former_documents (
    document    uuid   not null,
    track       uuid   not null references tracks on delete cascade,
    path        bytea  not null check (octet_length(path) > 0),
    since       bigint not null check (since >= 0),
    until       bigint not null,
    oid         bytea  not null check (octet_length(oid) in (20, 32)),
    mode        int    not null check (mode > 0),
    blob        bytea check (octet_length(blob) = 32),
    language    text   not null, -- '': unknown
    encoding    text check (encoding <> ''),
    skip_reason text check (skip_reason <> ''),
    primary key (document, until),
    check (since < until),
    check ((blob is null) = (skip_reason is not null))
);
create index former_documents_track on former_documents (track, until);

-- Snapshots from this revision on can be listed.
alter table tracks add column listable_since bigint not null default 0 check (listable_since >= 0);
update tracks set listable_since = revision;

-- A listing that changes the content of a document keeps it as it was. Where the revision
-- stays, because the text does, the listing's own is that of the change.
-- +goose StatementBegin
create function keep_former_document() returns trigger language plpgsql as $$
begin
    insert into former_documents (document, track, path, since, until, oid, mode, blob, language, encoding, skip_reason)
    select old.id, old.track, old.path, old.revision, u.until, old.oid, old.mode, k.blob, coalesce(k.language, ''), old.encoding, old.skip_reason
    from (
        select greatest(new.revision, (select s.revision from snapshots s where s.track = old.track and s.state = 'listing')) as until
    ) u left join chunkings k on k.id = old.chunking
    where old.revision < u.until
    on conflict do nothing;
    return null;
end $$;
-- +goose StatementEnd
create trigger documents_former after update of oid, mode, revision on documents
    for each row when (old.state <> 'removed' and (old.revision <> new.revision or old.oid <> new.oid or old.mode <> new.mode))
    execute function keep_former_document();

-- +goose Down
drop trigger documents_former on documents;
drop function keep_former_document;
drop table former_documents;
alter table tracks drop column listable_since;
