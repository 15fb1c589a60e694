package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

func openCatalog(t *testing.T, url string) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Open(t.Context(), catalog.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
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

// Three syncers share the work: one at a time does it, once in each interval.
func TestSyncersShareTheWork(t *testing.T) {
	url := testenv.Catalog(t)
	openCatalog(t, url)
	began := make(chan time.Time, 100)
	var busy sync.Mutex
	work := schedule.Work{Kind: "test", Interval: 100 * time.Millisecond, Do: func(context.Context, *schedule.Run) error {
		if !busy.TryLock() {
			return errors.New("two syncers are at it")
		}
		defer busy.Unlock()
		began <- time.Now()
		return nil
	}}
	for range 3 {
		testpipe.Schedule(t, openCatalog(t, url), work)
	}
	last := await(t, began)
	for range 5 {
		next := await(t, began)
		if next.Sub(last) < 80*time.Millisecond {
			t.Errorf("the next run began %s after the one before", next.Sub(last))
		}
		last = next
	}
	if r := testpipe.LastRun(t, openCatalog(t, url), "test"); r.Error != "" {
		t.Error(r.Error)
	}
}

// A run that was cut short goes on in another syncer, from where it was saved. A run
// that failed is recorded with its reason. Work whose run has ended begins anew.
func TestARunGoesOnWhereItStopped(t *testing.T) {
	url := testenv.Catalog(t)
	c := openCatalog(t, url)
	at := make(chan string, 10)
	work := func(do func(context.Context, *schedule.Run) error) schedule.Work {
		return schedule.Work{Kind: "test", Interval: time.Millisecond, Do: func(ctx context.Context, run *schedule.Run) error {
			at <- run.Cursor()
			return do(ctx, run)
		}}
	}
	stop := testpipe.Schedule(t, c, work(func(ctx context.Context, run *schedule.Run) error {
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
	if r := testpipe.LastRun(t, c, "test"); r.Error != "interrupted" || r.Compared != 7 || r.FinishedAt == nil {
		t.Errorf("the run that was cut short: %+v", r)
	}
	stop = testpipe.Schedule(t, c, work(func(context.Context, *schedule.Run) error { return errors.New("no luck") }))
	if got := await(t, at); got != "half" {
		t.Errorf("the run after it began at %q", got)
	}
	if got := await(t, at); got != "half" {
		t.Errorf("the run after one that failed began at %q", got)
	}
	stop()
	testpipe.Schedule(t, c, work(func(context.Context, *schedule.Run) error { return schedule.Unrepaired{What: "one pack"} }))
	for await(t, at) != "" { // what failed may have been tried more often
	}
	if r := testpipe.LastRun(t, c, "test"); r.DueAt == nil {
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
	_, err := p.Now(t, schedule.Work{Kind: "test", Do: func(_ context.Context, run *schedule.Run) error {
		run.Tally = catalog.Tally{Compared: 3, Found: 2, Repaired: 1}
		return fmt.Errorf("https://user:secret@example.org is down")
	}})
	if err == nil {
		t.Error("a run in the foreground hides its error")
	}
	if r := testpipe.LastRun(t, p.Catalog, "test"); r.Tally != (catalog.Tally{Compared: 3, Found: 2, Repaired: 1}) || r.Error != "https://example.org is down" {
		t.Errorf("%+v", r)
	}
}

// Work that is planned again while it is under way is done once more from the beginning, whatever
// the present run saves and plans.
func TestWorkIsPlannedAgainWhileItIsUnderWay(t *testing.T) {
	c := openCatalog(t, testenv.Catalog(t))
	began, goOn := make(chan string), make(chan struct{})
	work := schedule.Work{Kind: "test", Interval: time.Hour, Do: func(ctx context.Context, run *schedule.Run) error {
		began <- run.Cursor()
		<-goOn
		return run.Save(ctx, "half")
	}}
	if err := c.Schedule.PlanAgain(t.Context(), []catalog.WorkKind{"test"}); err != nil {
		t.Fatal(err)
	}
	testpipe.Schedule(t, c, work)
	await(t, began)
	if err := c.Schedule.PlanAgain(t.Context(), []catalog.WorkKind{"test"}); err != nil {
		t.Fatal(err)
	}
	goOn <- struct{}{}
	if at := await(t, began); at != "" {
		t.Errorf("the second run began at %q", at)
	}
	goOn <- struct{}{}
	for deadline := time.Now().Add(testpipe.Patience); ; time.Sleep(time.Millisecond) {
		if r := testpipe.LastRun(t, c, "test"); r.FinishedAt != nil && time.Until(*r.DueAt) > 50*time.Minute {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the run after it is planned wrongly: %+v", testpipe.LastRun(t, c, "test"))
		}
	}
}
