-- name: LockTrack :one
insert into tracks as t (id, repository, ref) values (@id, @repository, @ref)
on conflict (id) do update set ref = excluded.ref
returning t.revision;

-- name: CurrentSnapshot :one
select revision, commit, config, rules, state from snapshots
where track = @track and state in ('indexing', 'indexed');

-- name: ListingSnapshot :one
select revision, commit, rules, lane from snapshots where track = @track and state = 'listing';

-- name: SupersedeListing :exec
update snapshots set state = 'superseded' where track = @track and state = 'listing';

-- name: AddSnapshot :exec
with next as (
    update tracks set revision = @revision::bigint where id = @track::uuid
)
insert into snapshots (track, revision, commit, config, rules, lane, state)
values (@track::uuid, @revision::bigint, @commit, @config, @rules, @lane, 'listing');

-- name: SupersedeCurrent :exec
update snapshots set state = 'superseded' where track = @track and state in ('indexing', 'indexed');

-- name: FinishListing :execrows
update snapshots set state = 'indexing', files = @files::bigint, listed_at = now()
where track = @track and revision = @revision and state = 'listing';

-- name: CountFiles :one
select count(*) from documents where track = @track and state <> 'removed';

-- name: CompleteSnapshots :many
select r.tenant, r.id as repository, s.track, r.url, t.ref, s.commit, s.revision
from snapshots s
join tracks t on t.id = s.track
join repositories r on r.id = t.repository
where s.track = any(@tracks::uuid[]) and s.state = 'indexing'
    and not exists (
        select 1 from documents d where d.track = s.track
            and (d.state in ('chunked', 'embedded', 'removed') or (d.state = 'skipped' and d.due_at is not null))
    );

-- name: MarkSnapshotIndexed :exec
update snapshots set state = 'indexed', indexed_at = now()
where track = @track and revision = @revision and state = 'indexing';

-- name: IndexingTracks :many
select track from snapshots where state = 'indexing';

-- name: CountDocuments :one
select count(*) filter (where state = 'indexed') as indexed,
    count(*) filter (where state = 'failed') as failed,
    count(*) filter (where state = 'skipped') as skipped
from documents where track = @track;
