package catalog

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// lockLimit bounds a statement about a lock. None of them waits for one.
	lockLimit = 5 * time.Second

	// A lock that another process holds is tried again after firstLockWait,
	// then twice as long each time, up to mostLockWait.
	firstLockWait = 20 * time.Millisecond
	mostLockWait  = 500 * time.Millisecond
)

// Locks holds the advisory locks of this process, all on one connection: an
// ingestor may hold a lock for hours, and many of them.
type Locks struct {
	pool   *pgxpool.Pool
	pooled bool // a lock is held in a transaction, which keeps the connection behind a pooler

	mu   sync.Mutex
	conn *pgxpool.Conn           // nil while no lock is held
	held map[int64]chan struct{} // closed when the lock is freed
}

// With runs fn while this goroutine, and no other in any process, holds the advisory lock.
// It waits for the lock until ctx ends. The lock is freed when the process dies or its
// connection breaks.
func (l *Locks) With(ctx context.Context, key int64, fn func(context.Context) error) error {
	for wait := firstLockWait; ; wait = min(2*wait, mostLockWait) {
		taken, freed, err := l.try(ctx, key)
		if err != nil {
			return err
		}
		if taken {
			defer l.free(ctx, key)
			return fn(ctx)
		}
		var again <-chan time.Time
		if freed == nil {
			again = time.After(wait)
		}
		select {
		case <-freed:
		case <-again:
		case <-ctx.Done():
			return fmt.Errorf("wait for advisory lock %#x: %w", key, ctx.Err())
		}
	}
}

// Try is like With, but does not wait: taken is false if somebody else holds the lock.
func (l *Locks) Try(ctx context.Context, key int64, fn func(context.Context) error) (taken bool, err error) {
	taken, _, err = l.try(ctx, key)
	if err != nil || !taken {
		return false, err
	}
	defer l.free(ctx, key)
	return true, fn(ctx)
}

// try takes the lock if nobody holds it. If a goroutine of this process holds it,
// freed is closed when that one has ended.
func (l *Locks) try(ctx context.Context, key int64) (taken bool, freed <-chan struct{}, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if freed, held := l.held[key]; held {
		return false, freed, nil
	}
	if l.conn == nil {
		if l.conn, err = l.pool.Acquire(ctx); err != nil {
			return false, nil, fmt.Errorf("connect to postgres: %w", err)
		}
		if err := l.pin(ctx, "begin"); err != nil {
			return false, nil, err
		}
	}
	// A context that ended in the middle would take the connection with it, and
	// every other lock.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockLimit)
	defer cancel()
	if err := l.conn.QueryRow(ctx, "select pg_try_advisory_lock($1)", key).Scan(&taken); err != nil {
		l.disconnect(ctx)
		return false, nil, fmt.Errorf("try advisory lock %#x: %w", key, err)
	}
	if taken {
		l.held[key] = make(chan struct{})
	}
	l.release(ctx)
	return taken, nil, nil
}

// free must not depend on ctx: a connection that went back to the pool would keep the lock.
func (l *Locks) free(ctx context.Context, key int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.held[key])
	delete(l.held, key)
	if l.conn == nil {
		return // it broke, and the lock with it
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockLimit)
	defer cancel()
	if _, err := l.conn.Exec(ctx, "select pg_advisory_unlock($1)", key); err != nil {
		l.disconnect(ctx)
		return
	}
	l.release(ctx)
}

// pin begins or ends the transaction of the connection, if a pooler asks for one. It
// writes nothing, so it keeps nothing else from being cleaned up.
func (l *Locks) pin(ctx context.Context, statement string) error {
	if !l.pooled {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockLimit)
	defer cancel()
	if _, err := l.conn.Exec(ctx, statement); err != nil {
		l.disconnect(ctx)
		return fmt.Errorf("%s the transaction of locks: %w", statement, err)
	}
	return nil
}

// release gives the connection back to the pool if no lock is held on it.
func (l *Locks) release(ctx context.Context) {
	if len(l.held) == 0 && l.pin(ctx, "commit") == nil {
		l.conn.Release()
		l.conn = nil
	}
}

// disconnect frees every lock of the connection in Postgres by closing it. The pool
// throws the connection away.
func (l *Locks) disconnect(ctx context.Context) {
	_ = l.conn.Conn().Close(ctx)
	l.conn.Release()
	l.conn = nil
}

// LockKey derives an advisory lock's key from an id.
func LockKey(id uuid.UUID) int64 {
	var key int64
	for _, b := range id[:8] {
		key = key<<8 | int64(b)
	}
	return key
}
