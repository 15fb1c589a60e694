-- name: ListDirectory :many
-- At a revision, like ListFiles.
with former as (
    select distinct on (p.document) p.document, p.path, p.skip_reason
    from former_documents p where p.track = @track and p.since <= @at::bigint and p.until > @at order by p.document, p.until
), files as (
    select d.path, d.state, d.skip_reason from documents d
    where d.track = @track and d.state <> 'removed' and d.revision <= @at and not exists (select 1 from former where former.document = d.id)
    union all
    select former.path, case when former.skip_reason is null then 'indexed' else 'skipped' end, former.skip_reason from former
)
select x.name::bytea as name, x.directory::bool as directory, count(*) as files, count(*) filter (where x.state = 'skipped') as skipped,
    (min(x.state) filter (where x.state is not null))::text as state, coalesce(min(x.skip_reason), '')::text as skip_reason
from (
    select case when p.slash > 0 then substring(p.rest for p.slash - 1) else p.rest end as name, p.slash > 0 as directory, p.state, p.skip_reason
    from (
        select r.rest, position('\x2f'::bytea in r.rest) as slash, r.state, r.skip_reason
        from (
            select substring(d.path from octet_length(@under::bytea) + 1) as rest, d.state, d.skip_reason
            from files d
            where substring(d.path for octet_length(@under::bytea)) = @under::bytea
        ) r
    ) p
) x
group by x.name, x.directory
order by x.directory desc, x.name limit @most offset @skip;
