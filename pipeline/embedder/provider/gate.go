package provider

import "sync"

// gate bounds the requests at once, and finds out how many the provider takes:
// additive increase, multiplicative decrease (D.-M. Chiu, R. Jain, "Analysis of
// the increase and decrease algorithms for congestion avoidance", Computer
// Networks 17, 1989). Until the provider first says that it is too much, each
// success allows one more, as in TCP's slow start; after that, each round.
//
// A number at which that was said is remembered, and tried again only after
// many rounds below it, each time twice as many: going to the brink over and
// over would cost a refused request each time, and half of the speed.
type gate struct {
	mu       sync.Mutex
	most     int // by configuration
	limit    int // now
	inFlight int
	epoch    int // counts the decreases
	grown    int // successes since the limit last changed
	brink    int // a limit that was too much; 0: none is known
	patience int // rounds to stay below it
}

const (
	firstLimit    = 4
	firstPatience = 50
	maxPatience   = 1600
)

func newGate(most int) *gate {
	return &gate{most: most, limit: min(most, firstLimit), patience: firstPatience}
}

// enter says whether one more request may begin, in which epoch it does, and
// how many may be under way.
func (g *gate) enter() (epoch, limit int, allowed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inFlight >= g.limit {
		return 0, 0, false
	}
	g.inFlight++
	return g.epoch, g.limit, true
}

// leave ends a request that says nothing of how many are good.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
}

// succeeded ends a request that was answered. The limit grows only while it is
// what limits.
func (g *gate) succeeded() {
	g.mu.Lock()
	defer g.mu.Unlock()
	full := g.inFlight >= g.limit
	g.inFlight--
	if !full || g.limit >= g.most {
		return
	}
	g.grown++
	need := 1
	switch {
	case g.brink > 0 && g.limit+1 == g.brink:
		need = g.limit * g.patience
	case g.brink > 0:
		need = g.limit
	}
	if g.grown < need {
		return
	}
	if g.limit+1 == g.brink {
		g.brink++ // it may take more than it did
		g.patience = min(2*g.patience, maxPatience)
	}
	g.limit++
	g.grown = 0
}

// overloaded ends a request that was one too many. A request that began before
// the last decrease does not count: that decrease has answered it.
func (g *gate) overloaded(epoch int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := g.inFlight
	g.inFlight--
	if epoch != g.epoch {
		return
	}
	g.epoch++
	g.brink = max(at, 2)
	g.limit = max(at/2, 1)
	g.grown = 0
}
