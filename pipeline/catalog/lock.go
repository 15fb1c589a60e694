package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// WithLock runs fn while this process alone holds the advisory lock. It waits
// for the lock until ctx ends. The lock is bound to a connection: it is freed
// when the process dies or the connection breaks.
func (c *Catalog) WithLock(ctx context.Context, key int64, fn func(context.Context) error) error {
	conn, err := c.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect to postgres: %w", err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", key); err != nil {
		return fmt.Errorf("take advisory lock %d: %w", key, err)
	}
	// Unlocking must not depend on ctx: a pooled connection would keep the lock.
	defer func() {
		if _, err := conn.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", key); err != nil {
			_ = conn.Conn().Close(context.WithoutCancel(ctx))
		}
	}()
	return fn(ctx)
}

// TryLock is WithLock that gives up at once: taken is false if another holds it.
func (c *Catalog) TryLock(ctx context.Context, key int64, fn func(context.Context) error) (taken bool, err error) {
	conn, err := c.pool.Acquire(ctx)
	if err != nil {
		return false, fmt.Errorf("connect to postgres: %w", err)
	}
	defer conn.Release()
	if err := conn.QueryRow(ctx, "select pg_try_advisory_lock($1)", key).Scan(&taken); err != nil || !taken {
		return false, err
	}
	defer func() {
		if _, err := conn.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", key); err != nil {
			_ = conn.Conn().Close(context.WithoutCancel(ctx))
		}
	}()
	return true, fn(ctx)
}

// LockKey derives an advisory lock's key from an id.
func LockKey(id uuid.UUID) int64 {
	var key int64
	for _, b := range id[:8] {
		key = key<<8 | int64(b)
	}
	return key
}
