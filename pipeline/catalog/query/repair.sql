-- name: RequeueDocuments :many
update documents d set state = 'embedded', due_at = now()
from (
    select l.id from documents l
    join (select unnest(@ids::uuid[]) as id, unnest(@revisions::bigint[]) as revision) u on u.id = l.id and u.revision = l.revision
    where l.state = 'indexed' and not l.asleep order by l.id for no key update of l
) locked
where d.id = locked.id
returning d.track;

-- name: ReopenSnapshots :exec
update snapshots set state = 'indexing', indexed_at = null where track = any(@tracks::uuid[]) and state = 'indexed';

-- name: CountOpenDocuments :one
select count(*) from documents
where state in ('chunked', 'embedded', 'removed') or (state = 'skipped' and due_at is not null);
