package pipeline_test

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline"
)

// stuck is a batcher whose batches of items below zero last until release.
type stuck struct {
	*pipeline.Batcher[int]
	release chan struct{}

	mu      sync.Mutex
	begun   map[bool]int // batches, by whether they are of items below zero
	settled sync.WaitGroup
}

func newStuck(concurrency int) *stuck {
	s := &stuck{release: make(chan struct{}), begun: make(map[bool]int)}
	s.Batcher = pipeline.NewBatcher(pipeline.BatchConfig{Items: 1, Concurrency: concurrency}, func(_ context.Context, items []int) error {
		s.mu.Lock()
		s.begun[items[0] < 0]++
		s.mu.Unlock()
		if items[0] < 0 {
			<-s.release
		}
		return nil
	})
	return s
}

func (s *stuck) do(t *testing.T, lane events.Lane, items ...int) {
	for _, item := range items {
		s.settled.Go(func() {
			if err := s.Do(t.Context(), lane, "a", item); err != nil {
				t.Error(err)
			}
		})
	}
}

func (s *stuck) end(t *testing.T) {
	close(s.release)
	s.settled.Wait()
	s.Close()
}

func TestLiveItemsDoNotWaitForBulk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStuck(2)
		s.do(t, events.Bulk, -1, -2, -3, -4, -5)
		synctest.Wait()
		if s.begun[true] != 2 {
			t.Errorf("%d bulk batches are under way, want 2", s.begun[true])
		}
		if err := errors.Join(s.Do(t.Context(), events.Live, "a", 1), s.Do(t.Context(), events.Live, "a", 2)); err != nil {
			t.Error(err)
		}
		s.end(t)
	})
}

// While there are live items, the bulk lane gets one batch at a time. It never
// gets none.
func TestBulkKeepsAShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStuck(3)
		s.do(t, events.Live, -1, -2, -3, -4)
		synctest.Wait()
		for i := range 10 {
			if err := s.Do(t.Context(), events.Bulk, "a", i); err != nil {
				t.Error(err)
			}
		}
		s.end(t)
	})
	synctest.Test(t, func(t *testing.T) {
		s := newStuck(3)
		s.do(t, events.Live, -1)
		synctest.Wait()
		s.do(t, events.Bulk, -2, -3, -4, -5)
		synctest.Wait()
		if s.begun[true] != 2 {
			t.Errorf("beside a live item, %d bulk batches are under way, want 1", s.begun[true]-1)
		}
		s.end(t)
	})
}

func TestBulkHasAllToItselfWhenLiveIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStuck(3)
		for range 3 {
			if err := s.Do(t.Context(), events.Live, "a", 1); err != nil {
				t.Error(err)
			}
		}
		s.do(t, events.Bulk, -1, -2, -3, -4)
		synctest.Wait()
		if s.begun[true] != 3 {
			t.Errorf("%d bulk batches are under way, want 3", s.begun[true])
		}
		s.end(t)
	})
}

// A tenant with many waiting items does not keep another tenant's item out of the next batch.
func TestTenantsTakeTurnsInABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batches [][]int
		release := make(chan struct{})
		b := pipeline.NewBatcher(pipeline.BatchConfig{Items: 4}, func(_ context.Context, items []int) error {
			batches = append(batches, items)
			<-release
			return nil
		})
		var all sync.WaitGroup
		do := func(tenant string, items ...int) {
			for _, item := range items {
				all.Go(func() {
					if err := b.Do(t.Context(), events.Live, tenant, item); err != nil {
						t.Error(err)
					}
				})
				synctest.Wait()
			}
		}
		do("loud", 0) // under way
		do("loud", 1, 2, 3, 4, 5, 6, 7)
		gone, leave := context.WithCancel(t.Context())
		all.Go(func() {
			if err := b.Do(gone, events.Live, "gone", 100); !errors.Is(err, context.Canceled) {
				t.Errorf("an item that was given up: %v", err)
			}
		})
		synctest.Wait()
		leave()
		do("quiet", -1)
		do("third", -2, -3)
		close(release)
		all.Wait()
		b.Close()
		if want := [][]int{{0}, {1, -1, -2, 2}, {-3, 3, 4, 5}, {6, 7}}; !reflect.DeepEqual(batches, want) {
			t.Errorf("batches %v, want %v", batches, want)
		}
	})
}
