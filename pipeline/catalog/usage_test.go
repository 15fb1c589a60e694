package catalog_test

import (
	"sync"
	"testing"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

// The reservations of several processes together keep to the bound.
func TestReservationsAddUpAcrossProcesses(t *testing.T) {
	w := newWorld(t)
	const perMinute = 600
	var mu sync.Mutex
	var longest time.Duration
	var wait sync.WaitGroup
	began := time.Now() // before the first: the bucket fills from then on
	for range 4 {
		process := w.open(t)
		wait.Go(func() {
			for range 50 {
				d, err := process.Usage.Reserve(t.Context(), "m", 1, 10, perMinute, 0)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				longest = max(longest, d)
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	// 200 requests less a burst of 30 come at 9.5 a second, less what came
	// back while they were reserved.
	least := 17800*time.Millisecond - time.Since(began)
	if longest < least || longest > 18*time.Second {
		t.Errorf("the last waits for %s, want %s to 18s", longest, least)
	}
	began = time.Now()
	if d, err := w.Usage.Reserve(t.Context(), "other", 1, 1000, 0, 60_000); err != nil || d != 0 {
		t.Errorf("a burst waits for %s: %v", d, err)
	}
	if d, err := w.Usage.Reserve(t.Context(), "other", 1, 59_000, 0, 60_000); err != nil || d < 55*time.Second-time.Since(began) || d > time.Minute {
		t.Errorf("all tokens of a minute wait for %s: %v", d, err)
	}
}

func TestABudgetIsNotPassed(t *testing.T) {
	w := newWorld(t)
	most := catalog.Budget{Tokens: 1000, Cost: 5}
	var mu sync.Mutex
	spent := 0
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 10 {
				fits, err := w.Usage.Spend(t.Context(), "default", 70, 0.01, most)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				if fits {
					spent += 70
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if spent != 980 {
		t.Errorf("%d tokens are spent of 1000, 70 at a time", spent)
	}
	for _, c := range []struct {
		tenant string
		tokens int64
		cost   float64
		most   catalog.Budget
		fits   bool
	}{
		{"other", 1001, 0, most, false},
		{"other", 1, 6, most, false},
		{"other", 1000, 5, most, true},
		{"other", 1, 0, most, false},
		{"other", -500, -2, most, true}, // given back
		{"other", 400, 1, most, true},
		{"other", 1 << 40, 1e9, catalog.Budget{}, true},
	} {
		fits, err := w.Usage.Spend(t.Context(), c.tenant, c.tokens, c.cost, c.most)
		if err != nil || fits != c.fits {
			t.Errorf("%d tokens at %v of %s: %v, %v", c.tokens, c.cost, c.tenant, fits, err)
		}
	}
}

func TestUsageAddsUp(t *testing.T) {
	w := newWorld(t)
	id := embedderOf(t, w)
	u := catalog.Consumption{
		Tenant: "default", Repository: w.track.Repository, Texts: 3, Cached: 1, Tokens: 50, Requests: 0.5, Retries: 1, Waited: time.Second, Cost: 0.25,
	}
	other := u
	other.Tenant = "other"
	for range 2 {
		if err := w.Usage.Add(t.Context(), id, []catalog.Consumption{u, other}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := w.Usage.List(t.Context(), "default", 1)
	if err != nil {
		t.Fatal(err)
	}
	want := catalog.EmbedderConsumption{Embedder: "m", URL: "https://example.org/repository", Consumption: catalog.Consumption{
		Tenant: "default", Repository: w.track.Repository, Texts: 6, Cached: 2, Tokens: 100, Requests: 1, Retries: 2, Waited: 2 * time.Second, Cost: 0.5,
	}}
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Old usage is deleted, and so are the budgets of days that are over.
func TestOldUsageIsForgotten(t *testing.T) {
	w := newWorld(t)
	id := embedderOf(t, w)
	if err := w.Usage.Add(t.Context(), id, []catalog.Consumption{{Tenant: "default", Repository: w.track.Repository, Texts: 1}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Usage.Spend(t.Context(), "default", 1, 1, catalog.Budget{}); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"embedder_usage", "spending"} {
		w.exec(t, "insert into "+table+" select (jsonb_populate_record(u, jsonb_build_object('day', u.day - n))).* from "+table+" u, generate_series(1, 9) n")
	}
	if n, err := w.Usage.DropOld(t.Context(), 5); err != nil || n != 4+8 {
		t.Errorf("%d rows are forgotten (%v), want four days of usage and eight of spending", n, err)
	}
	if n := w.count(t, "embedder_usage"); n != 6 {
		t.Errorf("%d days of usage are left, want 6", n)
	}
}
