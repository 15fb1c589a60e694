-- name: DropFindings :exec
delete from findings where document = any(@documents::uuid[]);

-- name: AddFindings :exec
insert into findings (document, ordinal, rule, line)
select u.document, u.ordinal, u.rule, u.line
from (select unnest(@documents::uuid[]) as document, unnest(@ordinals::int[]) as ordinal,
    unnest(@rules::text[]) as rule, unnest(@lines::int[]) as line) u
order by u.document, u.ordinal;

-- name: ListFindings :many
select f.document, f.ordinal, t.ref, d.path, f.rule, f.line
from tracks t
join documents d on d.track = t.id
join findings f on f.document = d.id
where t.repository = @repository and d.state <> 'removed' and d.id >= @document::uuid
    and (f.document, f.ordinal) > (@document::uuid, @ordinal::int)
order by f.document, f.ordinal limit @most;

-- name: AskToReadAgain :many
-- Tracks whose current snapshot was read by another configuration, or by other
-- rules, are submitted again as by a poll. Each is submitted at most once in a
-- while, so that two ingestors with different configurations do not keep each
-- other busy.
with head as (
    select repository, max(head_at) as at from tracks where forgotten_at is null group by repository
), stale as (
    select t.repository, r.tenant, case when t.head_at = h.at then '' else t.ref end as ref
    from snapshots n
    join tracks t on t.id = n.track
    join repositories r on r.id = t.repository
    left join head h on h.repository = t.repository
    where n.state in ('indexing', 'indexed') and n.config <> coalesce((select u.config from (select unnest(@tenants::text[]) as tenant, unnest(@configs::bytea[]) as config) u
            where u.tenant = r.tenant), @config)
        and not (r.tenant = any(@destroyed::text[]))
        and t.forgotten_at is null and r.forgotten_at is null and t.error is null and t.successor is null
        and (t.named_at is not null or t.head_at = h.at)
), due as (
    select s.repository, s.tenant, s.ref from stale s
    where not exists (select 1 from submissions o where o.repository = s.repository and o.ref = s.ref
        and (o.state = 'pending' or o.source = @source and o.created_at > now() - make_interval(secs => @every::float8)))
    order by s.repository, s.ref limit @most
), past as (
    delete from submissions o using due
    where o.repository = due.repository and o.tenant = due.tenant and o.source = @source and o.ref = due.ref and o.state <> 'pending'
)
insert into submissions (tenant, source, event, repository, ref, state, due_at)
select due.tenant, @source, gen_random_uuid()::text, due.repository, due.ref, 'pending', now() from due
returning event;
