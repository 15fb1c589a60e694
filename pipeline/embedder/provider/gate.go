package provider

import "sync"

// gate bounds the number of concurrent requests, and finds the number that the provider accepts by additive increase
// and multiplicative decrease (D.-M. Chiu, R. Jain, "Analysis of the increase and decrease algorithms for congestion
// avoidance", Computer Networks 17, 1989). Before the first refusal, each success raises the limit by one, as in the
// slow start of TCP. After it, each round of successes does.
//
// gate remembers the number at which the provider refused. It tries that number again only after many rounds below it,
// and twice as many each time, because every refusal costs a request and halves the speed.
type gate struct {
	mu       sync.Mutex
	most     int // by configuration
	limit    int // the current bound
	inFlight int
	epoch    int // counts the decreases
	grown    int // successes since the limit last changed
	brink    int // the number that the provider refused; 0 if none is known
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

// enter reports whether one more request may begin. It returns the epoch of the request, and the current limit.
func (g *gate) enter() (epoch, limit int, allowed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inFlight >= g.limit {
		return 0, 0, false
	}
	g.inFlight++
	return g.epoch, g.limit, true
}

// leave ends a request that tells nothing about the limit.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
}

// succeeded ends a request that was answered. The limit grows only while as many requests as it allows are under way.
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
		g.brink++ // the provider may accept more now
		g.patience = min(2*g.patience, maxPatience)
	}
	g.limit++
	g.grown = 0
}

// overloaded ends a request that the provider refused because there were too many. A request that began before the last
// decrease does not count, because that decrease already was the reaction.
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
