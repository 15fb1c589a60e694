-- +goose Up

-- The one name of a repository, whatever form of its address was submitted; the
-- next step fills it in. Null: the repository has been folded into another one, which
-- takes its place.
alter table repositories add name text check (name <> '');
create unique index repositories_name on repositories (tenant, name);

-- What is fetched: the address that was submitted last and led to a commit. Null: url.
alter table repositories add fetch_url text check (fetch_url <> '')
    check (fetch_url !~* '^https?://[^/]*@' and fetch_url !~* '^[a-z][a-z0-9+.-]*://[^/:]*:[^/]*@');

-- The address that a submission gave. Null: the repository's.
alter table submissions add url text check (url <> '')
    check (url !~* '^https?://[^/]*@' and url !~* '^[a-z][a-z0-9+.-]*://[^/:]*:[^/]*@');

-- Names that a repository had before.
create table aliases (
    tenant     tenant_name not null,
    name       text        not null check (name <> ''),
    repository uuid        not null references repositories on delete cascade,
    created_at timestamptz not null default now(),
    primary key (tenant, name)
);
create index aliases_repository on aliases (repository);

-- +goose Down
drop table aliases;
alter table submissions drop column url;
drop index repositories_name;
alter table repositories drop column fetch_url, drop column name;
