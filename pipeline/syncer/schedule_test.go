package syncer_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer"
)

func openCatalog(t *testing.T, url string) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Open(t.Context(), catalog.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if err := c.Schema.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// schedule runs work in the background. Its catalog is its own, as of
// another process.
func schedule(t *testing.T, c *catalog.Catalog, work ...syncer.Work) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := syncer.Schedule{Catalog: c, Work: work, Tick: time.Millisecond, Log: slog.New(slog.DiscardHandler)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	t.Cleanup(stop)
	return stop
}

func await[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(testpipe.Patience):
		t.Fatal("nothing happened")
		panic("unreachable")
	}
}

func lastRun(t *testing.T, c *catalog.Catalog, kind string) catalog.LastRun {
	t.Helper()
	runs, err := c.Schedule.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		if r.Kind == kind {
			return r
		}
	}
	t.Fatalf("no run of %s is known: %+v", kind, runs)
	return catalog.LastRun{}
}

// Three syncers share the work: one at a time is at it, and once an interval.
func TestSyncersShareTheWork(t *testing.T) {
	url := testenv.Postgres(t)
	openCatalog(t, url)
	began := make(chan time.Time, 100)
	var busy sync.Mutex
	work := syncer.Work{Kind: "test", Interval: 100 * time.Millisecond, Do: func(context.Context, *syncer.Run) error {
		if !busy.TryLock() {
			return errors.New("two syncers are at it")
		}
		defer busy.Unlock()
		began <- time.Now()
		return nil
	}}
	for range 3 {
		schedule(t, openCatalog(t, url), work)
	}
	last := await(t, began)
	for range 5 {
		next := await(t, began)
		if next.Sub(last) < 80*time.Millisecond {
			t.Errorf("the next run began %s after the one before", next.Sub(last))
		}
		last = next
	}
	if r := lastRun(t, openCatalog(t, url), "test"); r.Error != "" {
		t.Error(r.Error)
	}
}

// A run that was cut short goes on, in another syncer, where it has saved; one
// that failed is recorded with its reason; one that ended begins anew.
func TestARunGoesOnWhereItStopped(t *testing.T) {
	url := testenv.Postgres(t)
	c := openCatalog(t, url)
	at := make(chan string, 10)
	work := func(do func(context.Context, *syncer.Run) error) syncer.Work {
		return syncer.Work{Kind: "test", Interval: time.Millisecond, Do: func(ctx context.Context, run *syncer.Run) error {
			at <- run.Cursor()
			return do(ctx, run)
		}}
	}
	stop := schedule(t, c, work(func(ctx context.Context, run *syncer.Run) error {
		run.Compared, run.Found = 7, 1
		if err := run.Save(ctx, "half"); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	}))
	if got := await(t, at); got != "" {
		t.Errorf("the first run began at %q", got)
	}
	stop()
	if r := lastRun(t, c, "test"); r.Error != "interrupted" || r.Compared != 7 || r.FinishedAt == nil {
		t.Errorf("the run that was cut short: %+v", r)
	}
	stop = schedule(t, c, work(func(context.Context, *syncer.Run) error { return errors.New("no luck") }))
	if got := await(t, at); got != "half" {
		t.Errorf("the run after it began at %q", got)
	}
	if got := await(t, at); got != "half" {
		t.Errorf("the run after one that failed began at %q", got)
	}
	stop()
	schedule(t, c, work(func(context.Context, *syncer.Run) error { return syncer.Unrepaired{What: "one pack"} }))
	for await(t, at) != "" { // what failed may have been tried more often
	}
	if r := lastRun(t, c, "test"); r.DueAt == nil {
		t.Errorf("nothing is planned: %+v", r)
	}
}

func TestTheHistoryIsBoundedAndSaysWhatFailed(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	for i := range 1005 {
		if err := p.Catalog.Schedule.Record(t.Context(), "test", time.Now(), catalog.Tally{Compared: int64(i)}, ""); err != nil {
			t.Fatal(err)
		}
	}
	if n := p.One(t, "select count(*) || ' ' || min(compared) from sync_runs where kind = 'test'"); n != "1000 5" {
		t.Errorf("count and oldest: %s, want 1000 5", n)
	}
	s := syncer.Schedule{Catalog: p.Catalog, Log: p.Logs.Logger()}
	_, err := s.Now(t.Context(), syncer.Work{Kind: "test", Do: func(_ context.Context, run *syncer.Run) error {
		run.Tally = catalog.Tally{Compared: 3, Found: 2, Repaired: 1}
		return fmt.Errorf("https://user:secret@example.org is down")
	}})
	if err == nil {
		t.Error("a run in the foreground hides its error")
	}
	if r := lastRun(t, p.Catalog, "test"); r.Tally != (catalog.Tally{Compared: 3, Found: 2, Repaired: 1}) || r.Error != "https://example.org is down" {
		t.Errorf("%+v", r)
	}
}

func TestOwedWorkIsRecordedWhenThereWasSome(t *testing.T) {
	p := testpipe.Open(t, atOnce)
	look(t, p)
	if n := p.One(t, "select count(*) from sync_runs"); n != "0" {
		t.Errorf("%s runs are recorded though nothing was owed", n)
	}
	ingest(t, p, sample(2, "a"))
	consumeAll(t, p)
	look(t, p)
	if r := lastRun(t, p.Catalog, syncer.KindOwed); r.Repaired != 2 || r.DueAt != nil {
		t.Errorf("%+v", r)
	}
}
