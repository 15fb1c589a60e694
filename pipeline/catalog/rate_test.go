package catalog_test

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// Processes that count at once lose no request of each other, and none waits for another for
// ever.
func TestRatesAreAddedUp(t *testing.T) {
	const processes, rounds, day = 4, 25, 86400
	w := newWorld(t)
	names := map[string]float64{"token a": day, "token b": 2 * day, "tenant acme": day}
	adding, ctx := errgroup.WithContext(t.Context())
	for range processes {
		c := w.open(t)
		adding.Go(func() error {
			for range rounds {
				if _, err := c.Rates.Add(ctx, names); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := adding.Wait(); err != nil {
		t.Fatal(err)
	}
	ahead, err := w.Rates.Add(t.Context(), names)
	if err != nil {
		t.Fatal(err)
	}
	for name, seconds := range names {
		if all := (processes*rounds + 1) * seconds; ahead[name] > all || ahead[name] < all-day {
			t.Errorf("%s is %.0f s ahead, want %.0f", name, ahead[name], all)
		}
	}

	// A name that is far behind is counted from now on. It is forgotten when it sends nothing.
	if _, err := w.sql.Exec(t.Context(), "update request_rates set clear_at = now() - interval '1 hour' where name <> 'token a'"); err != nil {
		t.Fatal(err)
	}
	if ahead, err = w.Rates.Add(t.Context(), map[string]float64{"token b": day}); err != nil || ahead["token b"] > day || ahead["token b"] < day/2 {
		t.Errorf("token b is %.0f s ahead, %v", ahead["token b"], err)
	}
	if err := w.Rates.Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := w.sql.Query(t.Context(), "select name from request_rates order by name")
	if err != nil {
		t.Fatal(err)
	}
	left, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || !slices.Equal(left, []string{"token a", "token b"}) {
		t.Errorf("%v are left, %v", left, err)
	}
}
