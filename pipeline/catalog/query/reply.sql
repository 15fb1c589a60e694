-- name: ClaimReply :one
-- Inserts the claim, or takes over one that has ended. It returns no row if the request is under
-- way or answered, or another request has its key.
insert into replies as r (token, key, request, ends_at)
values (@token, @key, @request, now() + make_interval(secs => @lease::float8))
on conflict (token, key) do update set request = excluded.request, ends_at = excluded.ends_at, answer = null
where r.ends_at <= now()
returning true;

-- name: LoadReply :one
select request, answer, ends_at from replies where token = @token and key = @key;

-- name: SettleReply :execrows
update replies set answer = @answer, ends_at = now() + make_interval(secs => @age::float8)
where token = @token and key = @key and request = @request and answer is null;

-- name: DropReply :exec
delete from replies where token = @token and key = @key and request = @request and answer is null;

-- name: DropEndedReplies :execrows
delete from replies where (token, key) in (select r.token, r.key from replies r where r.ends_at <= now() order by r.ends_at limit @most);
