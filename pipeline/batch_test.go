package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline"
)

// together hands in all items at once and returns what became of each.
func together(b *pipeline.Batcher[int], ctx context.Context, items ...int) []error {
	errs := make([]error, len(items))
	var all sync.WaitGroup
	for i, item := range items {
		all.Go(func() { errs[i] = b.Do(ctx, events.Live, "a", item) })
	}
	all.Wait()
	return errs
}

func upTo(n int) []int {
	items := make([]int, n)
	for i := range items {
		items[i] = i
	}
	return items
}

func TestBatchesFormAcrossGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		b := pipeline.NewBatcher(pipeline.BatchConfig{Items: 10, Wait: time.Second}, func(_ context.Context, items []int) error {
			sizes = append(sizes, len(items))
			return nil
		})
		start := time.Now()
		if err := errors.Join(together(b, t.Context(), upTo(25)...)...); err != nil {
			t.Error(err)
		}
		if !slices.Equal(sizes, []int{10, 10, 5}) {
			t.Errorf("batches of %v", sizes)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("took %s; the full ones wait for nobody, the last for a second", took)
		}
		b.Close()
	})
}

func TestAnItemAloneWaitsNoLongerThanItMust(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := pipeline.NewBatcher(pipeline.BatchConfig{Items: 10, Wait: 20 * time.Millisecond}, func(context.Context, []int) error { return nil })
		defer b.Close()
		start := time.Now()
		if err := b.Do(t.Context(), events.Live, "a", 1); err != nil || time.Since(start) != 20*time.Millisecond {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

func TestALiveBatchEndsWhenNothingComes(t *testing.T) {
	for lane, want := range map[events.Lane]time.Duration{events.Live: 7 * time.Millisecond, events.Bulk: 20 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			var sizes []int
			b := pipeline.NewBatcher(pipeline.BatchConfig{Items: 10, Wait: 20 * time.Millisecond, Pause: 3 * time.Millisecond}, func(_ context.Context, items []int) error {
				sizes = append(sizes, len(items))
				return nil
			})
			defer b.Close()
			start := time.Now()
			var all sync.WaitGroup
			for i := range 3 {
				all.Go(func() {
					time.Sleep(time.Duration(2*i) * time.Millisecond)
					if err := b.Do(t.Context(), lane, "a", i); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if !slices.Equal(sizes, []int{3}) || time.Since(start) != want {
				t.Errorf("%s: batches of %v after %s, want one of 3 after %s", lane, sizes, time.Since(start), want)
			}
		})
	}
}

func TestBatchesAreUnderWayAtOnceUpToTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		b := pipeline.NewBatcher(pipeline.BatchConfig{Items: 2, Concurrency: 3}, func(context.Context, []int) error {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Second)
			now.Add(-1)
			return nil
		})
		defer b.Close()
		if err := errors.Join(together(b, t.Context(), upTo(24)...)...); err != nil {
			t.Error(err)
		}
		if most.Load() != 3 {
			t.Errorf("%d batches at once, want 3", most.Load())
		}
	})
}

var errDamaged = errors.New("damaged")

func TestHalvingFindsTheBadItems(t *testing.T) {
	for name, fail := range map[string]func(item int) error{
		"rejected": func(item int) error { return fault.Reject(fmt.Errorf("item %d", item)) },
		"damaged":  func(item int) error { return fmt.Errorf("item %d: %w", item, errDamaged) },
		"panic":    func(item int) error { panic(fmt.Sprintf("item %d", item)) },
	} {
		for _, bad := range [][]int{{0}, {17}, {63}, {3, 4, 40}, upTo(64)} {
			t.Run(fmt.Sprint(name, len(bad), bad[0]), func(t *testing.T) {
				defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
				var calls atomic.Int64
				b := pipeline.NewBatcher(pipeline.BatchConfig{
					Items: 64, Wait: 5 * time.Millisecond, Concurrency: 2, Halve: func(err error) bool { return errors.Is(err, errDamaged) },
				}, func(_ context.Context, items []int) error {
					calls.Add(1)
					for _, item := range items {
						if slices.Contains(bad, item) {
							return fail(item)
						}
					}
					return nil
				})
				for i, err := range together(b, t.Context(), upTo(64)...) {
					if isBad := slices.Contains(bad, i); isBad != (err != nil) {
						t.Errorf("item %d: %v", i, err)
					} else if isBad && !strings.Contains(err.Error(), fmt.Sprintf("item %d", i)) {
						t.Errorf("item %d has the error of another: %v", i, err)
					}
				}
				b.Close()
				if most := int64(2*64 + 64); calls.Load() > most {
					t.Errorf("%d calls for 64 items", calls.Load())
				}
			})
		}
	}
}

func TestAnErrorOfAllIsNotHalved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		down := errors.New("the catalog is down")
		b := pipeline.NewBatcher(pipeline.BatchConfig{Items: 8, Wait: time.Second}, func(context.Context, []int) error {
			calls++
			return down
		})
		defer b.Close()
		for i, err := range together(b, t.Context(), upTo(8)...) {
			if !errors.Is(err, down) {
				t.Errorf("item %d: %v", i, err)
			}
		}
		if calls != 1 {
			t.Errorf("%d calls, want 1", calls)
		}
	})
}

// The context of a batch ends when the contexts of all its items have ended, not
// when the first of them does.
func TestAnItemThatIsGivenUpEndsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := pipeline.NewBatcher(pipeline.BatchConfig{Items: 2, Wait: time.Second}, func(ctx context.Context, _ []int) error {
			select {
			case <-time.After(time.Minute):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		defer b.Close()
		short, cancelShort := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancelShort()
		long, cancelLong := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancelLong()
		start := time.Now()
		var first, second error
		var both sync.WaitGroup
		both.Go(func() {
			first = b.Do(short, events.Live, "a", 1)
			if took := time.Since(start); took != 5*time.Second {
				t.Errorf("the item was waited for %s after its context ended", took-5*time.Second)
			}
		})
		synctest.Wait() // the first item is the batch's first
		both.Go(func() { second = b.Do(long, events.Live, "a", 2) })
		both.Wait()
		if !errors.Is(first, context.DeadlineExceeded) || second != nil {
			t.Errorf("the item given up: %v; the other: %v", first, second)
		}

		start = time.Now()
		if err := together(b, short, 1, 2); time.Since(start) != 0 || err[0] == nil || err[1] == nil {
			t.Errorf("items that come with an ended context: %v", err)
		}
		soon, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		together(b, soon, 1, 2)
		synctest.Wait()
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("a batch of which all were given up went on for %s", took)
		}
	})
}

func TestWhatComesAfterCloseFails(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	var done atomic.Int64
	b := pipeline.NewBatcher(pipeline.BatchConfig{Items: 4, Wait: time.Millisecond, Concurrency: 2}, func(_ context.Context, items []int) error {
		done.Add(int64(len(items)))
		return nil
	})
	var succeeded atomic.Int64
	var senders sync.WaitGroup
	for i := range 100 {
		senders.Go(func() {
			if b.Do(t.Context(), events.Live, "a", i) == nil {
				succeeded.Add(1)
			}
		})
	}
	b.Close()
	senders.Wait()
	if done.Load() != succeeded.Load() {
		t.Errorf("%d items were worked on, %d were told so", done.Load(), succeeded.Load())
	}
	if err := b.Do(t.Context(), events.Live, "a", 1); err == nil {
		t.Error("a closed batcher takes items")
	}
}
