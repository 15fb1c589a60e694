package line

import (
	"context"
	"errors"
	"sync"
)

// ErrStopping is the error of a wait that the caller's stopping channel ended.
var ErrStopping = errors.New("stopping")

// Places shares a number of places among tenants. A tenant takes at most half, rounded up, of the
// places that the others leave, so that a place is left for the next tenant. Waiting tenants are
// served in turns, and callers of one tenant in the order in which they came. If tenants are not
// told apart (alone), all places are for everybody.
type Places struct {
	places int
	alone  bool

	mu      sync.Mutex
	taken   int
	held    map[string]int      // places by tenant
	waiting Line[chan struct{}] // closed when the place is theirs
}

// NewPlaces returns a number of free places. If alone is set, it does not tell tenants apart.
func NewPlaces(number int, alone bool) *Places {
	return &Places{places: number, alone: alone, held: make(map[string]int)}
}

// Take waits for a place until ctx ends, or until stopping is closed (ErrStopping). The caller
// gives the place back with Release.
func (p *Places) Take(ctx context.Context, stopping <-chan struct{}, tenant string) error {
	p.mu.Lock()
	mine := make(chan struct{})
	p.waiting.Add(tenant, mine)
	p.serve()
	p.mu.Unlock()

	var err error
	select {
	case <-mine:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-stopping:
		err = ErrStopping
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-mine: // the place was given in the same moment
		return nil
	default:
	}
	p.waiting.Leave(tenant, mine)
	return err
}

// Try takes a place if one is free for the tenant now.
func (p *Places) Try(tenant string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting.Has(tenant) || !p.may(tenant) {
		return false
	}
	p.add(tenant, 1)
	return true
}

// Release gives a tenant's place back.
func (p *Places) Release(tenant string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(tenant, -1)
	p.serve()
}

// may says whether a tenant may take one more place.
func (p *Places) may(tenant string) bool {
	if p.taken >= p.places {
		return false
	}
	left := p.places - (p.taken - p.held[tenant])
	return p.alone || p.held[tenant] < (left+1)/2
}

func (p *Places) add(tenant string, n int) {
	p.taken += n
	if p.held[tenant] += n; p.held[tenant] == 0 {
		delete(p.held, tenant)
	}
}

// serve gives places to waiting tenants, until none of them may take one.
func (p *Places) serve() {
	for {
		tenant, next, found := p.waiting.Next(p.may)
		if !found {
			return
		}
		p.add(tenant, 1)
		close(next)
	}
}
