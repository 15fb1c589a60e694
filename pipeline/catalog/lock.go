package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
)

// unlockLimit is how long freeing a lock may take before its connection is
// closed instead, which frees it as well.
const unlockLimit = 5 * time.Second

// WithLock runs fn while this process alone holds the advisory lock. It waits
// for the lock until ctx ends. The lock is bound to a connection: it is freed
// when the process dies or the connection breaks. fn must not take another.
func (c *Catalog) WithLock(ctx context.Context, key int64, fn func(context.Context) error) error {
	return c.locked(ctx, func(conn *pgxpool.Conn) error {
		if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", key); err != nil {
			return fmt.Errorf("take advisory lock %#x: %w", key, err)
		}
		defer unlock(ctx, conn, key)
		return fn(ctx)
	})
}

// TryLock is WithLock that gives up at once: taken is false if another holds it.
func (c *Catalog) TryLock(ctx context.Context, key int64, fn func(context.Context) error) (taken bool, err error) {
	err = c.locked(ctx, func(conn *pgxpool.Conn) error {
		if err := conn.QueryRow(ctx, "select pg_try_advisory_lock($1)", key).Scan(&taken); err != nil {
			return fmt.Errorf("try advisory lock %#x: %w", key, err)
		}
		if !taken {
			return nil
		}
		defer unlock(ctx, conn, key)
		return fn(ctx)
	})
	return taken, err
}

// locked gives fn a connection to hold a lock with. Half of the pool at most
// is lent so: whoever holds a lock needs other connections for its work.
func (c *Catalog) locked(ctx context.Context, fn func(*pgxpool.Conn) error) error {
	select {
	case c.locks <- struct{}{}:
		defer func() { <-c.locks }()
	case <-ctx.Done():
		return fmt.Errorf("wait for a connection to lock with: %w", ctx.Err())
	}
	conn, err := c.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect to postgres: %w", err)
	}
	defer conn.Release()
	return fn(conn)
}

// unlock must not depend on ctx: a connection back in the pool would keep the lock.
func unlock(ctx context.Context, conn *pgxpool.Conn, key int64) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockLimit)
	defer cancel()
	if _, err := conn.Exec(ctx, "select pg_advisory_unlock($1)", key); err != nil {
		_ = conn.Conn().Close(ctx) // nothing more can be done; the pool throws it away
	}
}

// LockKey derives an advisory lock's key from an id.
func LockKey(id uuid.UUID) int64 {
	var key int64
	for _, b := range id[:8] {
		key = key<<8 | int64(b)
	}
	return key
}
