package catalog_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/pipeline/catalog"
)

// A server that is silent from one moment to the next, as after a failover, holds a
// statement up for no longer than its deadline. The next one gets a new connection.
func TestASilentServerHoldsNobodyUp(t *testing.T) {
	given := testenv.Postgres(t)
	network, address := testenv.PostgresAddress(t, given)
	link := testenv.NewLink(t, network, address)
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cfg := catalog.Config{URL: through(t, given, link.Addr()), Deadline: time.Second}
	c, err := catalog.Open(ctx, cfg)
	for errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil { // a busy machine may be as slow
		c, err = catalog.Open(ctx, cfg)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	link.Stall()
	if _, err := c.Gauges.Server(ctx); !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		t.Errorf("a silent server: %v, want the statement's deadline", err)
	}
	link.Heal()
	for { // on a busy machine the first answers may come after the deadline too
		if _, err = c.Gauges.Server(ctx); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		t.Errorf("after it speaks again: %v", err)
	}
}

// Locks keep others out behind a pooler too, because each holds a transaction open. The
// connection is given back clean.
func TestLocksOfAPooledCatalog(t *testing.T) {
	given := testenv.Postgres(t)
	open := func() *catalog.Catalog {
		c, err := catalog.Open(t.Context(), catalog.Config{URL: given, MaxConnections: 2, Pooled: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	first, second := open(), open()
	for range 3 { // the second time on a connection that has been given back
		err := first.Locks.With(t.Context(), 7, func(ctx context.Context) error {
			taken, err := second.Locks.Try(ctx, 7, func(context.Context) error { return nil })
			if taken || err != nil {
				t.Errorf("another process: taken %v, %v", taken, err)
			}
			return first.Ready(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		if taken, err := second.Locks.Try(t.Context(), 7, second.Ready); !taken || err != nil {
			t.Errorf("once it is free: taken %v, %v", taken, err)
		}
	}
}

// through returns the URL of a database that is reached by way of an address.
func through(t *testing.T, given, address string) string {
	t.Helper()
	u, err := url.Parse(given)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		t.Fatal(err)
	}
	u.Host, u.RawQuery = address, "sslmode=disable"
	return u.String()
}
