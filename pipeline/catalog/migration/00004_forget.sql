-- +goose Up

-- A row that is to be forgotten stays marked until its last point is gone. The
-- syncer finishes it.
alter table repositories add forgotten_at timestamptz;

alter table tracks
    add forgotten_at timestamptz,
    add error        text check (error <> ''), -- why its ref cannot be followed any more; null: it can
    add head_at      timestamptz, -- when a submission without a ref last led here; null: never
    add named_at     timestamptz, -- when it was last asked for by name; null: never
    add successor    uuid references tracks on delete set null, -- the default branch that takes its place
    add polled_at    timestamptz; -- when the syncer last asked for a look at the remote
create index tracks_forgotten on tracks (repository) where forgotten_at is not null;
create index tracks_successor on tracks (successor) where successor is not null;

update tracks t set
    head_at = (select max(s.created_at) from submissions s where s.track = t.id and s.ref in ('', 'HEAD')),
    named_at = (select max(s.created_at) from submissions s where s.track = t.id and s.ref not in ('', 'HEAD'));

-- A submission outlives its snapshot, so that retention does not take the answer
-- away from a client that waits. A forgotten submission outlives its repository,
-- so that an event that is delivered once more does not bring the repository back.
alter table submissions add forgotten_at timestamptz;
alter table submissions drop constraint submissions_track_revision_fkey;
alter table submissions add check ((forgotten_at is not null) <= (state = 'failed'));
drop index submissions_snapshot;
create index submissions_finished on submissions (created_at) where state <> 'pending';

-- A listing that would remove too much waits here: at most one a track, the
-- newest commit that was looked at.
create table approvals (
    track       uuid primary key references tracks on delete cascade,
    commit      bytea       not null check (octet_length(commit) in (20, 32)),
    removes     bigint      not null check (removes > 0), -- documents
    documents   bigint      not null check (documents >= removes), -- that the track has
    asked_at    timestamptz not null default now(),
    approved_at timestamptz
);

-- A track that comes back after it was forgotten goes on above every revision
-- that was ever handed out, since late writes of its former life are fenced by
-- revision.
create table revision_floor (
    one   boolean primary key default true check (one),
    value bigint not null check (value >= 0)
);
insert into revision_floor (value) values (0);

-- +goose Down
drop table revision_floor, approvals;
delete from submissions s where s.revision is not null
    and not exists (select 1 from snapshots n where n.track = s.track and n.revision = s.revision);
drop index submissions_finished;
create index submissions_snapshot on submissions (track, revision) where revision is not null;
alter table submissions drop column forgotten_at;
alter table submissions add foreign key (track, revision) references snapshots on delete cascade;
alter table tracks drop column forgotten_at, drop column error, drop column head_at, drop column named_at,
    drop column successor, drop column polled_at;
alter table repositories drop column forgotten_at;
