-- name: AddDeadLetter :exec
insert into dead_letters (worker, tenant, document, subject, headers, payload, reason, attempts)
values (@worker, @tenant, (select d.id from documents d where d.id = sqlc.narg(document)), @subject, @headers, @payload, @reason, @attempts);
