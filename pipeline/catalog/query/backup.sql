-- name: PutBackupLease :exec
insert into backup_leases (id, target, expires_at) values (@id, @target, now() + make_interval(secs => @ttl::float8));

-- name: RenewBackupLease :execrows
update backup_leases set expires_at = now() + make_interval(secs => @ttl::float8) where id = @id and expires_at > now();

-- name: DropBackupLease :exec
delete from backup_leases where id = @id or expires_at <= now();

-- name: DropOtherBackupLeases :exec
delete from backup_leases where target = @target and id <> @id;

-- name: BackupUnderWay :one
select exists (select 1 from backup_leases where expires_at > now())::bool as held;

-- name: BackupKey :one
select public, sealed from backup_keys;

-- name: PutBackupKey :exec
insert into backup_keys (public, sealed) values (@public, @sealed) on conflict do nothing;

-- name: Stamp :one
-- The state of all documents in a few numbers: two equal stamps mean that nothing
-- has been indexed in between.
select (select count(*) from documents)::bigint as documents,
    (select coalesce(sum(revision), 0) from documents)::bigint as revisions,
    (select count(*) from documents where due_at is not null)::bigint as due,
    (select count(*) from snapshots where state in ('listing', 'indexing'))::bigint as snapshots,
    (select coalesce(max(number), 0) from generations where state = 'active')::bigint as generation;
