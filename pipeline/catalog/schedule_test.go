package catalog_test

import (
	"testing"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

// The catalog still knows when work last went well after it has failed more often than runs are kept.
func TestFailuresDoNotHideTheLastGoodRun(t *testing.T) {
	w := newWorld(t)
	const kind = "backup"
	began := time.Now().Add(-72 * time.Hour).Truncate(time.Second)
	fail := func(times int) {
		t.Helper()
		w.exec(t, "insert into sync_runs (kind, started_at, finished_at, error) select $1, now(), now(), 'away' from generate_series(1, $2)", kind, times)
	}
	record := func(at time.Time, reason string) {
		t.Helper()
		if err := w.Schedule.Record(t.Context(), kind, at, catalog.Tally{}, reason); err != nil {
			t.Fatal(err)
		}
	}
	since := func() (time.Time, bool) {
		t.Helper()
		at, found, err := w.Schedule.NoGoodSince(t.Context(), kind)
		if err != nil {
			t.Fatal(err)
		}
		return at, found
	}
	if at, found := since(); found {
		t.Errorf("no good run since %s, and there was none at all", at)
	}
	record(began, "away")
	fail(2000)
	record(time.Now(), "away")
	if at, found := since(); !found || !at.Equal(began) {
		t.Errorf("no good run since %s (%t), want the first attempt, %s", at, found, began)
	}
	record(time.Now(), "")
	good, _ := since()
	if !good.After(began.Add(time.Hour)) {
		t.Errorf("no good run since %s, and one has just ended", good)
	}
	fail(2000)
	record(time.Now(), "away")
	if at, found := since(); !found || !at.Equal(good) {
		t.Errorf("no good run since %s (%t), want %s", at, found, good)
	}
	if kept := w.count(t, "sync_runs"); kept != 1001 {
		t.Errorf("%d runs are kept, want 1000 and the good one", kept)
	}
}
