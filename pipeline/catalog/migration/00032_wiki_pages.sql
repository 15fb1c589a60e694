-- +goose Up

-- What a generator made of the pages of a wiki's skeleton. A page of the same hash needs to
-- be made once.
create table wiki_pages (
    track     uuid        not null references tracks on delete cascade,
    hash      bytea       not null check (octet_length(hash) = 32), -- of the page of the skeleton
    page      text        not null collate "C" check (page <> '' and octet_length(page) <= 128), -- id of it
    title     text        not null check (octet_length(title) <= 1024),
    body      text        not null check (octet_length(body) <= 262144),
    posted_at timestamptz not null default now(),
    words     tsvector    not null generated always as (to_tsvector('simple', title || ' ' || body)) stored,
    primary key (track, hash)
);
create index wiki_pages_page on wiki_pages (track, page, hash);

-- +goose Down
drop table wiki_pages;
