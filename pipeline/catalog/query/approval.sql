-- name: LoadStanding :one
-- Documents that were added by a later listing, which was cut short, do not count.
select s.commit, s.revision, s.config, s.rules, (t.revision = s.revision)::bool as exact,
    (select count(*) from documents d where d.track = t.id and d.state not in ('skipped', 'removed')
        and least(d.revision, d.indexed_revision) <= s.revision) as documents,
    coalesce((select a.commit from approvals a where a.track = t.id and a.approved_at is not null), '')::bytea as approved
from tracks t
join snapshots s on s.track = t.id and s.state in ('indexing', 'indexed')
where t.id = @track;

-- name: CountDocuments :one
select count(*) from documents where id = any(@ids::uuid[]) and state not in ('skipped', 'removed');

-- name: ListDocuments :many
select id, oid from documents
where track = @track and id > @after and state not in ('skipped', 'removed') and least(revision, indexed_revision) <= @revision::bigint
order by id limit @most;

-- name: PutApproval :exec
insert into approvals as a (track, commit, removes, documents) values (@track, @commit, @removes, @documents)
on conflict (track) do update set removes = excluded.removes, documents = excluded.documents,
    asked_at = case when a.commit = excluded.commit then a.asked_at else now() end,
    approved_at = case when a.commit = excluded.commit then a.approved_at end,
    commit = excluded.commit;

-- name: ListApprovals :many
select a.track, t.ref, t.repository, a.commit, a.removes, a.documents, (a.approved_at is not null)::bool as approved, r.url
from approvals a
join tracks t on t.id = a.track
join repositories r on r.id = t.repository
where r.tenant = @tenant and (cardinality(@repositories::uuid[]) = 0 or r.id = any(@repositories::uuid[]))
order by r.url, t.ref;

-- name: Approve :execrows
update approvals set approved_at = now() where track = @track and commit = @commit;

-- name: AskAgain :exec
insert into submissions (tenant, source, event, repository, ref, state, due_at)
select r.tenant, @source, @event, r.id, case when t.head_at is not null and t.named_at is null then '' else t.ref end, 'pending', now()
from tracks t join repositories r on r.id = t.repository
where t.id = @track;
