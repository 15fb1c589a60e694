-- name: ListSettings :many
select name, value, changed_at, actor from settings order by name;

-- name: LockSetting :one
select value from settings where name = @name for update;

-- name: PutSetting :exec
insert into settings (name, value, actor) values (@name, @value, @actor)
on conflict (name) do update set value = excluded.value, actor = excluded.actor, changed_at = now();

-- name: DropSetting :exec
delete from settings where name = @name;
