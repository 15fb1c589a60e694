-- +goose Up

-- The encoding of the file, if its text was decoded: then bytes of the text are
-- not bytes of the file. Null: the file is UTF-8, and is its own text.
alter table documents
    add column encoding text check (encoding <> ''),
    add constraint documents_encoding_content check ((encoding is not null) <= (chunking is not null));

-- Where secrets were masked; never what they are. Skipped files may have some.
create table findings (
    document uuid not null references documents on delete cascade,
    ordinal  int  not null check (ordinal >= 0),
    rule     text not null check (rule <> ''),
    line     int  not null check (line >= 1),
    primary key (document, ordinal)
);

-- +goose Down
drop table findings;
alter table documents drop column encoding;
