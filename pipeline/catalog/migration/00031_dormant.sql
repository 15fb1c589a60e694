-- +goose Up

-- A dormant track has no points in the index. Its rows, texts and vectors stay.
alter table tracks
    -- When a search last named the track or showed a hit of it, to within some minutes.
    add searched_at timestamptz not null default now(),
    add dormant_at  timestamptz, -- since when it is to have no points; null: it is awake
    -- Its documents are being brought in line with dormant_at.
    add turning     boolean     not null default false;
create index tracks_searched on tracks (searched_at) where dormant_at is null;
create index tracks_dormant on tracks (repository) where dormant_at is not null;
create index tracks_turning on tracks (id) where turning;

-- The document has no points because its track was dormant when they were last looked at.
alter table documents add asleep boolean not null default false;
create index documents_asleep on documents (track, id) where asleep;

-- +goose Down
-- The next comparison finds that documents of dormant tracks lack points.
drop index documents_asleep, tracks_turning, tracks_dormant, tracks_searched;
alter table documents drop column asleep;
alter table tracks drop column turning, drop column dormant_at, drop column searched_at;
