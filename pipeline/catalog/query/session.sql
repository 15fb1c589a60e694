-- name: EndSession :exec
insert into ended_sessions (id, ends_at) values (@id, @ends_at) on conflict (id) do nothing;

-- name: DropOverSessions :exec
-- Deletes at most a hundred for each one that is added, so that they become fewer.
delete from ended_sessions where id in (select o.id from ended_sessions o where o.ends_at < now() order by o.ends_at limit 100);

-- name: SessionEnded :one
select exists (select from ended_sessions where id = @id);
