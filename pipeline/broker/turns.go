package broker

import (
	"context"
	"sync"

	"github.com/leatworks/leat/internal/line"
)

// turns shares a number of places among tenants. A tenant takes at most half, rounded up,
// of the places that the others leave, so that there is one for whoever comes next; those
// who wait are served in turns, a tenant after the other, and within a tenant in the order
// in which they came. If tenants are not told apart (alone), all places are for everybody.
type turns struct {
	places int
	alone  bool

	mu      sync.Mutex
	taken   int
	held    map[string]int           // places by tenant
	waiting line.Line[chan struct{}] // closed when the place is theirs
}

func newTurns(places int, alone bool) *turns {
	return &turns{places: places, alone: alone, held: make(map[string]int)}
}

// take waits for a place until ctx ends or stopping is closed (ErrStopping).
func (t *turns) take(ctx context.Context, stopping <-chan struct{}, tenant string) error {
	t.mu.Lock()
	mine := make(chan struct{})
	t.waiting.Add(tenant, mine)
	t.serve()
	t.mu.Unlock()

	var err error
	select {
	case <-mine:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-stopping:
		err = ErrStopping
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-mine: // in the same moment
		return nil
	default:
	}
	t.waiting.Leave(tenant, mine)
	return err
}

// try takes a place if that takes no waiting.
func (t *turns) try(tenant string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting.Has(tenant) || !t.may(tenant) {
		return false
	}
	t.add(tenant, 1)
	return true
}

func (t *turns) release(tenant string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(tenant, -1)
	t.serve()
}

// may says whether a tenant may take one more place.
func (t *turns) may(tenant string) bool {
	if t.taken >= t.places {
		return false
	}
	left := t.places - (t.taken - t.held[tenant])
	return t.alone || t.held[tenant] < (left+1)/2
}

func (t *turns) add(tenant string, n int) {
	t.taken += n
	if t.held[tenant] += n; t.held[tenant] == 0 {
		delete(t.held, tenant)
	}
}

// serve gives places to those that wait, until none may take one.
func (t *turns) serve() {
	for {
		tenant, next, found := t.waiting.Next(t.may)
		if !found {
			return
		}
		t.add(tenant, 1)
		close(next)
	}
}

// Turns shares places among tenants outside of a subscription: for work that does not
// begin with a message.
type Turns struct{ turns *turns }

// NewTurns returns the places of one tenant. All tenants together have twice as many, and a
// tenant takes at most half, rounded up, of those that the others leave.
func NewTurns(ofOne int) *Turns { return &Turns{newTurns(2*ofOne, false)} }

// Take waits for a place until ctx ends. Tenants are served one after the other. The caller
// gives the place back by Release.
func (t *Turns) Take(ctx context.Context, tenant string) error { return t.turns.take(ctx, nil, tenant) }

// Release gives a tenant's place back.
func (t *Turns) Release(tenant string) { t.turns.release(tenant) }
