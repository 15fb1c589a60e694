-- name: LockTrack :one
insert into tracks as t (id, repository, ref, revision) values (@id, @repository, @ref, (select f.value from revision_floor f))
on conflict (id) do update set revision = t.revision -- to lock it, yet not against rows that refer to it
returning t.revision, (t.forgotten_at is not null)::bool as forgotten;

-- name: CurrentSnapshot :one
select revision, commit, config, rules, state from snapshots
where track = @track and state in ('indexing', 'indexed');

-- name: StandingSnapshots :many
-- The current snapshot and the one that is being listed. Each part has an index of its own.
select c.revision, c.commit, c.config, false as listing from snapshots c where c.track = @track and c.state in ('indexing', 'indexed')
union all
select l.revision, l.commit, l.config, true as listing from snapshots l where l.track = @track and l.state = 'listing';

-- name: ListingSnapshot :one
select revision, commit, rules, lane from snapshots where track = @track and state = 'listing';

-- name: SupersedeListing :exec
update snapshots set state = 'superseded' where track = @track and state = 'listing';

-- name: AddSnapshot :exec
with next as (
    update tracks set revision = @revision::bigint where id = @track::uuid
)
insert into snapshots (track, revision, commit, config, rules, lane, state, expected)
values (@track::uuid, @revision::bigint, @commit, @config, @rules, @lane, 'listing', nullif(@expected::bigint, 0));

-- name: ExpectDocuments :exec
update snapshots set expected = nullif(@expected::bigint, 0) where track = @track and state = 'listing';

-- name: SupersedeCurrent :exec
update snapshots set state = 'superseded' where track = @track and state in ('indexing', 'indexed');

-- name: HoldListing :one
select revision from snapshots where track = @track and revision = @revision and state = 'listing' for share;

-- name: LockSnapshot :one
select state from snapshots where track = @track and revision = @revision for no key update;

-- name: FinishListing :exec
update snapshots set state = 'indexing', files = @files::bigint, listed_at = now()
where track = @track and revision = @revision;

-- name: GiveUpListings :exec
update snapshots s set state = 'superseded'
from tracks t
where t.repository = @repository and s.track = t.id and s.state = 'listing'
    and not exists (select 1 from submissions o where o.repository = t.repository and o.state = 'pending');

-- name: CountFiles :one
select count(*) from documents where track = @track and state <> 'removed';

-- name: CompleteSnapshots :many
select r.tenant, r.id as repository, s.track, r.url, t.ref, s.commit, s.revision,
    (select array[count(*) filter (where d.state = 'indexed'), count(*) filter (where d.state = 'failed'), count(*) filter (where d.state = 'skipped')]
        from documents d where d.track = s.track)::bigint[] as counts -- indexed, failed, skipped
from snapshots s
join tracks t on t.id = s.track
join repositories r on r.id = t.repository
where s.track = any(@tracks::uuid[]) and s.state = 'indexing'
    and not exists (select 1 from documents d where d.track = s.track and d.state <> 'failed' and d.due_at < 'infinity')
    and not exists (select 1 from snapshots l where l.track = s.track and l.state = 'listing');

-- name: MarkSnapshotIndexed :exec
update snapshots set state = 'indexed', indexed_at = now()
where track = @track and revision = @revision and state = 'indexing';

-- name: IndexingTracks :many
select track from snapshots where state = 'indexing';

-- name: CountLive :one
-- The documents of a tenant under way in the live lane. A document that is due later than after a
-- lease does not count, since it waits for something else: a new attempt, or another day's budget.
select count(*) from (
    select 1 from documents d
    where d.track in (
            select s.track from snapshots s join tracks t on t.id = s.track join repositories r on r.id = t.repository
            where s.state = 'listing' and r.tenant = sqlc.arg(tenant)
            union
            select s.track from snapshots s join tracks t on t.id = s.track join repositories r on r.id = t.repository
            where s.state = 'indexing' and r.tenant = sqlc.arg(tenant))
        and d.lane = 'live' and d.state <> 'failed' and d.due_at < 'infinity'
        and d.due_at <= now() + make_interval(secs => sqlc.arg(lease)::float8)
    limit sqlc.arg(most)
) o;

-- name: CountAhead :one
select (select count(*) from (
        select 1 from documents d where d.track = sqlc.arg(track) and d.state <> 'failed' and d.due_at < 'infinity' limit sqlc.arg(most)
    ) o) as documents,
    (select count(*) from snapshots s
        join tracks t on t.id = s.track
        join repositories r on r.id = t.repository
        where s.state = 'listing' and s.lane = 'bulk' and r.tenant = sqlc.arg(tenant)) as listings;
