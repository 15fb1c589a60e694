package line

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// queue begins to wait for a place, and notes the tenant when it gets one.
func queue(t *testing.T, places *Places, tenant string, served *[]string) {
	t.Helper()
	go func() {
		if err := places.Take(t.Context(), nil, tenant); err != nil {
			t.Error(err)
		}
		*served = append(*served, tenant)
	}()
	synctest.Wait()
}

// A tenant takes half of the places that the others leave, however many it asks for.
func TestATenantTakesHalfOfWhatIsLeft(t *testing.T) {
	for _, tt := range []struct {
		places int
		want   string // the tenants that get a place, if each takes all it may
	}{
		{1, "a"}, {2, "ab"}, {3, "aab"}, {8, "aaaabbcd"}, {16, "aaaaaaaabbbbccde"},
	} {
		places, got := NewPlaces(tt.places, false), ""
		for _, tenant := range strings.Split("abcdef", "") {
			for places.Try(tenant) {
				got += tenant
			}
		}
		if got != tt.want {
			t.Errorf("%d places went to %s, want %s", tt.places, got, tt.want)
		}
	}
	all := NewPlaces(3, true)
	for place := range 4 {
		if got := all.Try("a"); got != (place < 3) {
			t.Errorf("where tenants are not told apart, place %d of three: %t", place+1, got)
		}
	}
}

func TestTenantsAreServedInTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := NewPlaces(1, false)
		if !places.Try("a") {
			t.Fatal("no place")
		}
		var served []string
		for _, tenant := range []string{"a", "a", "a", "b", "b", "c"} {
			queue(t, places, tenant, &served)
		}
		holder := "a"
		for i := range 6 {
			places.Release(holder)
			synctest.Wait()
			holder = served[i]
		}
		if want := []string{"a", "b", "c", "a", "b", "a"}; !slices.Equal(served, want) {
			t.Errorf("served %v, want %v", served, want)
		}
		places.Release(holder)
		if _, _, waits := places.waiting.Next(nil); places.taken != 0 || len(places.held) > 0 || waits {
			t.Errorf("left behind: %+v", places)
		}
	})
}

// A tenant that waits for its own share does not hold up the next in line.
func TestWhoeverMayGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := NewPlaces(3, false)
		var served []string
		for _, tenant := range []string{"a", "a", "a", "b"} {
			queue(t, places, tenant, &served)
		}
		if want := []string{"a", "a", "b"}; !slices.Equal(served, want) {
			t.Errorf("served %v, want %v", served, want)
		}
		places.Release("b")
		synctest.Wait()
		if len(served) != 3 {
			t.Errorf("served %v: the last place is for another tenant", served)
		}
		places.Release("a")
		synctest.Wait()
		if len(served) != 4 {
			t.Errorf("served %v: the tenant has room within its share again", served)
		}
	})
}

func TestWhoGivesUpLeavesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := NewPlaces(1, false)
		places.Try("a")
		ctx, cancel := context.WithCancel(t.Context())
		stopping, errs := make(chan struct{}), make(chan error, 2)
		go func() { errs <- places.Take(ctx, nil, "b") }()
		go func() { errs <- places.Take(t.Context(), stopping, "c") }()
		synctest.Wait()
		cancel()
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		close(stopping)
		if err := <-errs; !errors.Is(err, ErrStopping) {
			t.Error(err)
		}
		places.Release("a")
		if _, _, waits := places.waiting.Next(nil); places.taken != 0 || waits {
			t.Errorf("left behind: %+v", places)
		}
	})
}
