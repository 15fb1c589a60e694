package catalog_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

func texts(n int) [][32]byte {
	list := make([][32]byte, n)
	for i := range list {
		list[i] = sha256.Sum256(fmt.Append(nil, i))
	}
	return list
}

// When several processes want the same texts at once, one process gets each text.
func TestATextIsClaimedByOne(t *testing.T) {
	w := newWorld(t)
	id, all := embedderOf(t, w), texts(200)
	var mu sync.Mutex
	claimed := make(map[[32]byte]int)
	var wait sync.WaitGroup
	for range 4 {
		process := w.open(t)
		wait.Go(func() {
			mine, stored, err := process.Usage.Claim(t.Context(), id, uuid.New(), time.Minute, all)
			if err != nil || len(stored) > 0 {
				t.Errorf("%d stored, %v", len(stored), err)
			}
			mu.Lock()
			defer mu.Unlock()
			for text := range mine {
				claimed[text]++
			}
		})
	}
	wait.Wait()
	if len(claimed) != len(all) || slices.Max(slices.Collect(maps.Values(claimed))) != 1 {
		t.Errorf("%d of %d texts are claimed: %v", len(claimed), len(all), claimed)
	}
}

func TestClaimsAreGivenBackRenewedAndExpire(t *testing.T) {
	w := newWorld(t)
	id, all := embedderOf(t, w), texts(3)
	a, b := uuid.New(), uuid.New()
	claim := func(holder uuid.UUID, lease time.Duration) int {
		t.Helper()
		mine, _, err := w.Usage.Claim(t.Context(), id, holder, lease, all)
		if err != nil {
			t.Fatal(err)
		}
		return len(mine)
	}
	if got := claim(a, 0); got != 3 {
		t.Errorf("%d are claimed of what nobody has", got)
	}
	if err := w.Usage.Renew(t.Context(), id, a, time.Minute, all[:1]); err != nil {
		t.Fatal(err)
	}
	if got := claim(b, time.Minute); got != 2 {
		t.Errorf("%d are claimed of three, two of which have expired", got)
	}
	if err := w.Usage.Release(t.Context(), id, b, all); err != nil {
		t.Fatal(err)
	}
	if got := claim(uuid.New(), time.Minute); got != 2 {
		t.Errorf("%d are claimed of three, two of which were given back", got)
	}
}
