-- name: DropOldSnapshots :execrows
delete from snapshots s using (
    select track, revision, row_number() over (partition by track order by revision desc) as age
    from snapshots where state = 'superseded'
) o
where s.track = o.track and s.revision = o.revision and s.state = 'superseded' and o.age > @keep::int
    and not exists (select 1 from documents d where d.track = s.track and d.revision = s.revision);

-- name: ForgetListings :exec
-- The newest superseded snapshots of each track stay listable.
update tracks t set listable_since = o.revision
from (
    select track, revision, row_number() over (partition by track order by revision desc) as age from snapshots where state = 'superseded'
) o
where o.track = t.id and o.age = greatest(@keep::int, 1) and o.revision > t.listable_since;

-- name: DropFormerDocuments :execrows
delete from former_documents p using tracks t where t.id = p.track and p.until <= t.listable_since;

-- name: DropOldSubmissions :execrows
delete from submissions where state <> 'pending' and created_at < now() - make_interval(secs => @age::float8);
