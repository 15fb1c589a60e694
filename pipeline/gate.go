package pipeline

import "sync"

// gate is open until somebody shuts it, and again when everybody who has shut
// it has opened it.
type gate struct {
	mu             sync.Mutex
	shutters       int
	opened, closed chan struct{} // closed while the gate is in that state
}

func newGate() *gate {
	g := &gate{opened: make(chan struct{}), closed: make(chan struct{})}
	close(g.opened)
	return g
}

// state returns two signals: that the gate is open, and that it is shut. Each
// is of the present state or of the next one.
func (g *gate) state() (opened, shut <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.opened, g.closed
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shutters++; g.shutters == 1 {
		g.opened = make(chan struct{})
		close(g.closed)
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shutters--; g.shutters == 0 {
		close(g.opened)
		g.closed = make(chan struct{})
	}
}
