-- name: CountDocumentStates :many
-- It reads an index of all documents, so it is asked rarely.
select state, count(*) as documents from documents group by state;

-- name: LoadFigures :one
select
    coalesce(extract(epoch from now() - (select min(created_at) from submissions where state = 'pending')), 0)::float8 as oldest_submission,
    coalesce(extract(epoch from now() - least((select min(created_at) from snapshots where state = 'listing'), (select min(created_at) from snapshots where state = 'indexing'))), 0)::float8 as oldest_snapshot,
    (select count(*) from dead_letters) as letters,
    (select count(*) from packs where deleted_at is not null and gone_at is null) as garbage,
    (select count(*) from tenants n join spending s on s.tenant = n.name and s.day = (now() at time zone 'UTC')::date
        where s.tokens >= n.max_tokens_day or s.cost >= n.max_cost_day) as spent;

-- name: LoadFreshness :one
-- The time from the submission of a snapshot until it could be searched.
select s.lane, extract(epoch from s.indexed_at - coalesce(
    (select max(b.created_at) from submissions b where b.repository = t.repository and b.track = s.track and b.revision = s.revision), s.created_at))::float8 as seconds
from snapshots s join tracks t on t.id = s.track where s.track = @track and s.revision = @revision and s.indexed_at is not null;

-- name: PutMeasurement :exec
insert into measurements (name, at, value, most) values (@name, date_trunc('hour', now()), @value, @most)
on conflict (name, at) do nothing;

-- name: DropMeasurements :exec
delete from measurements where at < now() - make_interval(days => @days);

-- name: ListMeasurements :many
select name, at, value, most from measurements where at > now() - make_interval(days => @days) order by name, at;

-- name: SumPacks :one
select coalesce(sum(size), 0)::bigint from packs where gone_at is null;
