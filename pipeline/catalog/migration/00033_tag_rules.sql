-- +goose Up

-- A rule keeps the newest tags of a repository as versions.
create table tag_rules (
    repository uuid        not null references repositories on delete cascade,
    glob       text        not null check (glob ~ '^refs/tags/[^[:cntrl:] ~^:?\[\\]{1,240}$'),
    keep       int         not null check (keep between 1 and 1000),
    days       int         check (days between 1 and 36500), -- since the tag was first seen; null: whatever its age
    created_at timestamptz not null default now(),
    primary key (repository, glob)
);

-- The tags that a rule has seen, and when it saw each first.
create table seen_tags (
    repository uuid        not null,
    glob       text        not null,
    ref        text        not null check (ref like 'refs/tags/%'),
    seen_at    timestamptz not null default now(),
    primary key (repository, glob, ref),
    foreign key (repository, glob) references tag_rules on delete cascade
);

-- The rule that made a version; null: a person did, and no rule takes it away.
alter table versions add rule text check (rule <> '');
-- The track was there before the rule, and stays when the version goes.
alter table versions add borrowed boolean not null default false;

-- +goose Down
-- The versions that rules have made stay.
alter table versions drop column borrowed, drop column rule;
drop table seen_tags, tag_rules;
