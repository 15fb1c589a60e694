package catalog

import (
	"context"
	"fmt"
	"time"
)

// Hold records that a backup is about to fix its point in time and to read the packs of
// it. Until its lease expires, no object of a pack is deleted.
func (a *Archive) Hold(ctx context.Context, id, target string, lease time.Duration) error {
	if err := a.query.PutBackupLease(ctx, id, target, lease.Seconds()); err != nil {
		return fmt.Errorf("take the lease of backup %s: %w", id, err)
	}
	return nil
}

// Renew extends a lease. held is false if there is none, or if it has expired: then
// packs may be gone.
func (a *Archive) Renew(ctx context.Context, id string, lease time.Duration) (held bool, err error) {
	n, err := a.query.RenewBackupLease(ctx, lease.Seconds(), id)
	if err != nil {
		return false, fmt.Errorf("renew the lease of backup %s: %w", id, err)
	}
	return n > 0, nil
}

// Release ends a lease, and forgets those that have expired.
func (a *Archive) Release(ctx context.Context, id string) error {
	if err := a.query.DropBackupLease(ctx, id); err != nil {
		return fmt.Errorf("end the lease of backup %s: %w", id, err)
	}
	return nil
}

// ReleaseOthers ends the leases of all backups to a target except one. Their makers are
// dead: the caller alone writes to the target.
func (a *Archive) ReleaseOthers(ctx context.Context, id, target string) error {
	if err := a.query.DropOtherBackupLeases(ctx, target, id); err != nil {
		return fmt.Errorf("end the leases of backups to the target: %w", err)
	}
	return nil
}

// Held says whether a backup is reading packs. A deletion of a pack's object marks the
// pack first, and asks after that. A backup that takes its lease later finds the mark.
func (ps *Packs) Held(ctx context.Context) (bool, error) {
	held, err := ps.query.BackupUnderWay(ctx)
	if err != nil {
		return false, fmt.Errorf("look for backups under way: %w", err)
	}
	return held, nil
}

// SigningKey is the key that signs backups, as the catalog keeps it.
type SigningKey struct {
	Public []byte
	Sealed []byte
}

// Key returns the key that signs backups. If there is none, it calls make for a new one
// and keeps that.
func (a *Archive) Key(ctx context.Context, make func() (SigningKey, error)) (SigningKey, error) {
	row, err := a.query.BackupKey(ctx)
	if noRows(err) && make != nil {
		key, err := make()
		if err != nil {
			return SigningKey{}, err
		}
		if err := a.query.PutBackupKey(ctx, key.Public, key.Sealed); err != nil {
			return SigningKey{}, fmt.Errorf("keep the key of backups: %w", err)
		}
		return a.Key(ctx, nil) // another process may have been faster
	}
	if noRows(err) {
		return SigningKey{}, fmt.Errorf("key of backups: %w", ErrNotFound)
	}
	if err != nil {
		return SigningKey{}, fmt.Errorf("load the key of backups: %w", err)
	}
	return SigningKey(row), nil
}
