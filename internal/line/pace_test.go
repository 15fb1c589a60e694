package line

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// begin begins items of a tenant, and returns the time that this took.
func begin(t *testing.T, p *Pace, tenant string, items int) time.Duration {
	t.Helper()
	began := time.Now()
	for range items {
		if err := p.Wait(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
	}
	return time.Since(began)
}

func TestATenantIsHeldToItsPaceAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPace(10)
		for _, step := range []struct {
			tenant string
			items  int
			want   time.Duration
		}{
			{"loud", 20, 0},
			{"loud", 30, 3 * time.Second},
			{"quiet", 20, 0},
			{"loud", 10, time.Second},
		} {
			if took := begin(t, p, step.tenant, step.items); took.Round(time.Millisecond) != step.want {
				t.Errorf("%d items of %s took %s, want %s", step.items, step.tenant, took, step.want)
			}
		}
	})
}

// A tenant that has rested may hurry again. It is forgotten when another tenant comes.
func TestARestedTenantIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPace(10)
		begin(t, p, "a", 20)
		begin(t, p, "b", 1)
		if len(p.tenants) != 2 {
			t.Errorf("knows %d tenants, want both: one of them has not rested", len(p.tenants))
		}
		time.Sleep(2 * time.Second)
		begin(t, p, "c", 1)
		if len(p.tenants) != 1 {
			t.Errorf("knows %d tenants, want the new one", len(p.tenants))
		}
		if took := begin(t, p, "a", 20); took != 0 {
			t.Errorf("after a rest 20 items took %s", took)
		}
	})
}

func TestAPaceEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPace(1)
		begin(t, p, "a", 2)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Wait(ctx, "a") }()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want %v", err, context.Canceled)
		}
		if err := NewPace(0).Wait(ctx, "a"); !errors.Is(err, context.Canceled) {
			t.Errorf("without a bound: %v, want %v", err, context.Canceled)
		}
		if took := begin(t, NewPace(0), "a", 10_000); took != 0 {
			t.Errorf("without a bound 10,000 items took %s", took)
		}
	})
}
