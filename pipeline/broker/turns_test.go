package broker

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// queue begins to wait and notes when it is served.
func queue(t *testing.T, turns *turns, tenant string, served *[]string) {
	t.Helper()
	go func() {
		if err := turns.take(t.Context(), nil, tenant); err != nil {
			t.Error(err)
		}
		*served = append(*served, tenant)
	}()
	synctest.Wait()
}

// However much a tenant asks for, it takes half of what the others leave.
func TestATenantTakesHalfOfWhatIsLeft(t *testing.T) {
	for _, tt := range []struct {
		places int
		want   string // who gets a place, each tenant taking all it may
	}{
		{1, "a"}, {2, "ab"}, {3, "aab"}, {8, "aaaabbcd"}, {16, "aaaaaaaabbbbccde"},
	} {
		turns, got := newTurns(tt.places, false), ""
		for _, tenant := range strings.Split("abcdef", "") {
			for turns.try(tenant) {
				got += tenant
			}
		}
		if got != tt.want {
			t.Errorf("%d places went to %s, want %s", tt.places, got, tt.want)
		}
	}
	all := newTurns(3, true)
	for place := range 4 {
		if got := all.try("a"); got != (place < 3) {
			t.Errorf("where tenants are not told apart, place %d of three: %t", place+1, got)
		}
	}
}

func TestTenantsAreServedInTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1, false)
		if !turns.try("a") {
			t.Fatal("no place")
		}
		var served []string
		for _, tenant := range []string{"a", "a", "a", "b", "b", "c"} {
			queue(t, turns, tenant, &served)
		}
		holder := "a"
		for i := range 6 {
			turns.release(holder)
			synctest.Wait()
			holder = served[i]
		}
		if want := []string{"a", "b", "c", "a", "b", "a"}; !slices.Equal(served, want) {
			t.Errorf("served %v, want %v", served, want)
		}
		turns.release(holder)
		if _, _, waits := turns.waiting.Next(nil); turns.taken != 0 || len(turns.held) > 0 || waits {
			t.Errorf("left behind: %+v", turns)
		}
	})
}

// A tenant that waits for its own share does not hold up the next in line.
func TestWhoeverMayGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(3, false)
		var served []string
		for _, tenant := range []string{"a", "a", "a", "b"} {
			queue(t, turns, tenant, &served)
		}
		if want := []string{"a", "a", "b"}; !slices.Equal(served, want) {
			t.Errorf("served %v, want %v", served, want)
		}
		turns.release("b")
		synctest.Wait()
		if len(served) != 3 {
			t.Errorf("served %v: the last place is for another tenant", served)
		}
		turns.release("a")
		synctest.Wait()
		if len(served) != 4 {
			t.Errorf("served %v: the tenant has room within its share again", served)
		}
	})
}

func TestWhoGivesUpLeavesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1, false)
		turns.try("a")
		ctx, cancel := context.WithCancel(t.Context())
		stopping, errs := make(chan struct{}), make(chan error, 2)
		go func() { errs <- turns.take(ctx, nil, "b") }()
		go func() { errs <- turns.take(t.Context(), stopping, "c") }()
		synctest.Wait()
		cancel()
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		close(stopping)
		if err := <-errs; !errors.Is(err, ErrStopping) {
			t.Error(err)
		}
		turns.release("a")
		if _, _, waits := turns.waiting.Next(nil); turns.taken != 0 || waits {
			t.Errorf("left behind: %+v", turns)
		}
	})
}
