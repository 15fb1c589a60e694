package catalog_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/pipeline/catalog"
)

// A hundred holders share a pool of two connections: all locks are held on one, and
// each holder needs the other to work with.
func TestLocksLeaveConnectionsToWorkWith(t *testing.T) {
	c, err := catalog.Open(t.Context(), catalog.Config{URL: testenv.Postgres(t), MaxConnections: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	together(t, 100, func(ctx context.Context, i int) error {
		return c.Locks.With(ctx, int64(i), c.Ready)
	})
}

func TestLockKeepsOthersOut(t *testing.T) {
	w := newWorld(t)
	other := w.open(t)
	var inside, holders atomic.Int32
	together(t, 8, func(ctx context.Context, i int) error {
		c := []*catalog.Catalog{w.Catalog, other}[i%2]
		return c.Locks.With(ctx, 7, func(context.Context) error {
			if inside.Add(1) != 1 {
				t.Error("two hold the lock")
			}
			holders.Add(1)
			inside.Add(-1)
			return nil
		})
	})
	if n := holders.Load(); n != 8 {
		t.Errorf("the lock was held %d times, want 8", n)
	}
	_, err := w.Locks.Try(t.Context(), 7, func(ctx context.Context) error {
		taken, err := other.Locks.Try(ctx, 7, func(context.Context) error { return nil })
		if taken {
			t.Error("two hold the lock")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if taken, err := other.Locks.Try(t.Context(), 7, func(context.Context) error { return nil }); !taken || err != nil {
		t.Errorf("the lock was not freed: %v, %v", taken, err)
	}
}

func TestLockIsFreedWhenItsHolderIsCancelled(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := w.Locks.With(ctx, 7, func(ctx context.Context) error {
		cancel()
		return ctx.Err()
	})
	if err == nil {
		t.Error("the holder's error is lost")
	}
	if taken, err := w.open(t).Locks.Try(t.Context(), 7, func(context.Context) error { return nil }); !taken || err != nil {
		t.Errorf("the lock was not freed: %v, %v", taken, err)
	}
}

func TestWaitingForALockEndsWithItsContext(t *testing.T) {
	w := newWorld(t)
	other := w.open(t)
	err := w.Locks.With(t.Context(), 7, func(ctx context.Context) error {
		waiting, cancel := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() {
			ended <- other.Locks.With(waiting, 7, func(context.Context) error { return nil })
		}()
		w.eventually(t, "select count(*) = 2 from pg_stat_activity where datname = current_database() and query like 'select pg_try_advisory_lock%' and pid <> pg_backend_pid()")
		cancel()
		if err := <-ended; err == nil {
			t.Error("two hold the lock")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// When the connection of a lock breaks, another process can take the lock. The former
// holder does not free it, and its process takes locks as before.
func TestALockGoesWithItsConnection(t *testing.T) {
	w := newWorld(t)
	other := w.open(t)
	err := w.Locks.With(t.Context(), 7, func(ctx context.Context) error {
		w.exec(t, "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = 7 and database = (select oid from pg_database where datname = current_database())")
		return other.Locks.With(ctx, 7, func(ctx context.Context) error {
			if err := w.Locks.With(ctx, 8, w.Ready); err == nil { // meets the broken connection
				t.Error("a broken connection locks")
			}
			return w.Locks.With(ctx, 8, w.Ready)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if taken, err := w.Locks.Try(t.Context(), 7, w.Ready); !taken || err != nil {
		t.Errorf("the lock is not to be had: %v, %v", taken, err)
	}
}
