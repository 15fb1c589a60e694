package pipeline

import "sync"

// gate is open while nobody holds it shut. Each call of shut needs a call of open.
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

// state returns two channels. The first is closed when the gate is open, the
// second when it is shut; one of them is closed already.
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
