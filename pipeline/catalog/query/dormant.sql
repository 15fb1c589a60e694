-- name: NoteSearched :exec
-- A track whose row is locked is left for the next search.
update tracks t set searched_at = now()
where t.id in (
    select l.id from tracks l where l.id = any(@ids::uuid[]) and l.searched_at < now() - make_interval(secs => @every::float8)
    order by l.id for no key update skip locked
);

-- name: WakeTracks :many
update tracks t set dormant_at = null, turning = true, searched_at = now()
where t.id in (
    select l.id from tracks l where l.id = any(@ids::uuid[]) and l.dormant_at is not null and l.forgotten_at is null
    order by l.id for no key update
)
returning t.id;

-- name: SleepTracks :many
update tracks t set dormant_at = now(), turning = true
where t.id in (
    select l.id from tracks l where l.id = any(@ids::uuid[]) and l.dormant_at is null and l.forgotten_at is null
    order by l.id for no key update
)
returning t.id;

-- name: SleepUnsearched :many
-- Materialized for the same reason as OwedSubmissions.
with unsearched as materialized (
    select l.id from tracks l
    where l.dormant_at is null and l.forgotten_at is null and l.searched_at < now() - make_interval(secs => @after::float8)
        and exists (select 1 from snapshots s where s.track = l.id and s.state = 'indexed')
    order by l.searched_at limit @most for no key update skip locked
)
update tracks t set dormant_at = now(), turning = true
from unsearched u where u.id = t.id
returning t.id;

-- name: TurningTracks :many
select id, (dormant_at is not null)::bool as dormant from tracks where turning and forgotten_at is null and id > @after order by id limit @most;

-- name: HoldTurn :one
select id from tracks where id = @id and (dormant_at is not null) = @dormant::bool for share;

-- name: SleepDocuments :many
update documents d set asleep = true
from (
    select l.id from documents l
    where l.track = @track and l.id > @after and l.state in ('indexed', 'failed') and l.indexed_revision is not null
    order by l.id limit @most for no key update
) locked
where d.id = locked.id
returning d.id, d.revision;

-- name: AsleepDocuments :many
select id, coalesce(chunking, 0)::bigint as chunking from documents
where track = @track and id > @after and asleep and state in ('indexed', 'failed')
order by id limit @most;

-- name: WakeDocuments :many
-- A document has its vectors, unless another model has become the active one since it
-- fell asleep. A failed one has nothing to get back.
update documents d set asleep = d.state = 'indexed', lane = case when d.state = 'indexed' then @lane else d.lane end,
    due_at = case when d.state = 'indexed' then now() + make_interval(secs => @lease::float8) else d.due_at end,
    state = case when d.state <> 'indexed' then d.state when exists (
        select 1 from chunks c
        where c.chunking = d.chunking and not exists (
            select 1 from vectors v join generations g on g.embedder = v.embedder where g.state = 'active' and v.text = c.text
        )
    ) then 'chunked' else 'embedded' end
from (
    select l.id from documents l
    where l.id = any(@ids::uuid[]) and l.track = @track and l.asleep and l.state in ('indexed', 'failed')
    order by l.id for no key update
) locked
where d.id = locked.id
returning d.id;

-- name: CountAsleep :one
select count(*) from (select 1 from documents where track = @track and asleep limit @most) d;

-- name: CountTurning :many
-- Of a track that falls asleep, every document is the syncer's. Of a waking track, the documents
-- that it has handed on no longer have the state indexed.
select t.id,
    count(d.id) filter (where case when t.dormant_at is null then d.asleep else not d.asleep and d.indexed_revision is not null end) as waiting,
    count(d.id) filter (where t.dormant_at is null and d.asleep and d.state in ('chunked', 'embedded')) as handed
from tracks t left join documents d on d.track = t.id and d.state not in ('skipped', 'removed')
where t.id = any(@ids::uuid[]) and t.turning
group by t.id;

-- name: EndTurn :execrows
update tracks t set turning = false
where t.id = @track and t.turning and (t.dormant_at is not null) = @dormant::bool
    and (@dormant::bool or not exists (select 1 from documents d where d.track = t.id and d.asleep and d.state not in ('skipped', 'removed')));

-- name: CountDormant :many
select r.url, count(*) as tracks
from tracks t join repositories r on r.id = t.repository
where t.dormant_at is not null and t.forgotten_at is null and r.tenant = @tenant and not t.id = any(@apart::uuid[])
group by r.url;
