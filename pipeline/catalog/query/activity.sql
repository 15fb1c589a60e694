-- name: CountOpen :many
select d.lane::text as lane, d.state, count(*) as documents, min(s.created_at)::timestamptz as oldest
from documents d
join tracks t on t.id = d.track
join repositories r on r.id = t.repository
join snapshots s on s.track = d.track and s.revision = d.revision
where d.due_at is not null and d.state in ('chunked', 'embedded', 'failed')
    and r.tenant = @tenant and (cardinality(@repositories::uuid[]) = 0 or r.id = any(@repositories::uuid[]))
group by d.lane, d.state;

-- name: CountListings :one
select (select count(*) from submissions su where su.tenant = @tenant and su.state = 'pending'
        and (cardinality(@repositories::uuid[]) = 0 or su.repository = any(@repositories::uuid[]))) as waiting,
    (select count(*) from snapshots s join tracks t on t.id = s.track join repositories r on r.id = t.repository
        where s.state = 'listing' and r.tenant = @tenant
        and (cardinality(@repositories::uuid[]) = 0 or r.id = any(@repositories::uuid[]))) as listing,
    coalesce((select extract(epoch from now() - min(su.created_at)) from submissions su
        where su.tenant = @tenant and su.state = 'pending'
        and (cardinality(@repositories::uuid[]) = 0 or su.repository = any(@repositories::uuid[]))), 0)::float8 as oldest;

-- name: ListActivity :many
select date_bin(make_interval(secs => @width::float8), x.at, 'epoch'::timestamptz)::timestamptz as begins, x.kind::text as kind, count(*) as events
from (
    select su.created_at as at, 'submitted' as kind, su.repository from submissions su
    where su.tenant = @tenant and su.created_at >= @since and su.state = 'pending'
    union all
    select su.created_at, 'submitted', su.repository from submissions su
    where su.tenant = @tenant and su.created_at >= @since and su.state <> 'pending'
    union all
    select s.indexed_at, 'indexed', t.repository
    from snapshots s join tracks t on t.id = s.track join repositories r on r.id = t.repository
    where r.tenant = @tenant and s.indexed_at >= @since
    union all
    select l.created_at, 'given up', t.repository
    from dead_letters l left join documents d on d.id = l.document left join tracks t on t.id = d.track
    where l.tenant = @tenant and l.created_at >= @since
) x
where cardinality(@repositories::uuid[]) = 0 or x.repository = any(@repositories::uuid[])
group by 1, 2 order by 1, 2;

-- name: ListHistory :many
select t.ref, s.revision, s.commit, s.state, s.lane::text as lane, coalesce(s.files, 0)::bigint as files, s.created_at, s.listed_at, s.indexed_at
from snapshots s join tracks t on t.id = s.track
where t.repository = @repository
order by s.created_at desc, s.revision desc limit @most;

-- name: CountSkipped :many
select d.skip_reason::text as reason, count(*) as files
from documents d join tracks t on t.id = d.track
where t.repository = @repository and d.state = 'skipped'
group by d.skip_reason order by files desc, reason;
