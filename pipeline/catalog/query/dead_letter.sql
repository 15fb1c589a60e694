-- A message that is delivered again makes no new letter. An older letter of the same worker about
-- the same document or submission is superseded.

-- name: AddDeadLetter :exec
with older as (
    delete from dead_letters o
    where o.worker = @worker and o.message is distinct from nullif(@message::text, '')
        and (o.document = sqlc.narg(document) or (o.tenant = @tenant and o.source = sqlc.narg(source) and o.event = sqlc.narg(event)))
)
insert into dead_letters (worker, message, tenant, document, source, event, subject, headers, payload, whole, reason, attempts)
values (@worker, nullif(@message::text, ''), @tenant, (select d.id from documents d where d.id = sqlc.narg(document)), sqlc.narg(source), sqlc.narg(event),
    @subject, @headers, @payload, @whole, @reason, @attempts)
on conflict (worker, message) do update set reason = excluded.reason, attempts = excluded.attempts;

-- name: ListDeadLetters :many
select l.id, l.worker, l.tenant, l.document, l.subject, l.headers, l.payload, l.whole, l.reason, l.attempts, l.created_at,
    coalesce(r.url, '')::text as url, coalesce(t.ref, '')::text as ref, coalesce(d.path, '')::bytea as path
from dead_letters l
left join documents d on d.id = l.document
left join tracks t on t.id = d.track
left join submissions s on s.tenant = l.tenant and s.source = l.source and s.event = l.event
left join repositories r on r.id = coalesce(t.repository, s.repository)
where l.id > @after and l.id <= @until
    and (cardinality(@ids::bigint[]) = 0 or l.id = any(@ids::bigint[]))
    and (@tenant::text = '' or l.tenant = @tenant)
    and (@worker::text = '' or l.worker = @worker)
    and (@reason::text = '' or position(lower(@reason) in lower(l.reason)) > 0)
    and (sqlc.narg(before)::timestamptz is null or l.created_at < sqlc.narg(before))
    and l.created_at <= now() - make_interval(secs => @older_than::float8)
    and (cardinality(@repositories::uuid[]) = 0 or r.id = any(@repositories::uuid[]))
order by l.id limit @most;

-- name: CountDeadLetters :one
select count(*)
from dead_letters l
left join documents d on d.id = l.document
left join tracks t on t.id = d.track
left join submissions s on s.tenant = l.tenant and s.source = l.source and s.event = l.event
left join repositories r on r.id = coalesce(t.repository, s.repository)
where (cardinality(@ids::bigint[]) = 0 or l.id = any(@ids::bigint[]))
    and (@tenant::text = '' or l.tenant = @tenant)
    and (@worker::text = '' or l.worker = @worker)
    and (@reason::text = '' or position(lower(@reason) in lower(l.reason)) > 0)
    and (sqlc.narg(before)::timestamptz is null or l.created_at < sqlc.narg(before))
    and l.created_at <= now() - make_interval(secs => @older_than::float8)
    and (cardinality(@repositories::uuid[]) = 0 or r.id = any(@repositories::uuid[]));

-- name: LastDeadLetter :one
select coalesce(max(id), 0)::bigint as id from dead_letters;

-- name: LockDeadLetter :one
select id, tenant, document, source, event, subject, headers, payload, whole from dead_letters where id = @id for update;

-- name: DropDeadLetter :execrows
delete from dead_letters where id = @id;

-- name: DropExcessLetters :many
-- The size of a letter is that of its payload and headers, because everything else in it is
-- bounded.
with ranked as (
    select id, created_at, row_number() over letters as place,
        sum(octet_length(payload) + octet_length(headers::text)) over letters as bytes
    from dead_letters window letters as (partition by tenant order by id desc)
), gone as (
    delete from dead_letters l using ranked r
    where l.id = r.id and (r.place > @most::bigint or r.bytes > @most_bytes::bigint or r.created_at < now() - make_interval(secs => @age::float8))
    returning l.tenant
)
select tenant, count(*) as letters from gone group by tenant order by tenant;

-- name: RetryDocument :execrows
update documents d set state = case when d.state = 'failed' then 'chunked' else d.state end, error = null, attempts = 0, due_at = now()
where d.id = @id and (d.state = 'failed' or d.due_at = 'infinity');

-- name: RetrySubmission :execrows
update submissions s set state = 'pending', error = null, attempts = 0, due_at = now()
where s.tenant = @tenant and s.source = @source and s.event = @event and s.state = 'failed'
    and s.repository is not null and s.forgotten_at is null;

-- name: IsSubmission :one
select exists (
    select 1 from submissions s where s.tenant = @tenant and s.source = @source and s.event = @event
        and (s.repository is not null or s.forgotten_at is not null)
);

-- name: IsDocument :one
select exists (select 1 from documents d where d.id = @id);

-- name: ListFailed :many
select d.id, t.ref, d.path, d.attempts, d.error::text as error,
    (d.due_at = 'infinity')::bool as dead, (case when d.due_at = 'infinity' then now() else d.due_at end)::timestamptz as due_at
from documents d join tracks t on t.id = d.track
where t.repository = @repository and d.state = 'failed' and d.id > @after
order by d.id limit @most;
