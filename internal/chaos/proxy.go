//go:build linux

package chaos

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// proxy stands between the workers and one store. Its own address never
// changes; the store's does, with each restart.
type proxy struct {
	listener net.Listener
	running  sync.WaitGroup

	mu      sync.Mutex
	network string // of the store
	address string
	refused bool
	delay   time.Duration
	stalled chan struct{} // closed when a stall ends; nil: there is none
	links   map[net.Conn]net.Conn
}

const proxyBuffer = 32 << 10

func newProxy() (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: listener, links: make(map[net.Conn]net.Conn)}
	p.running.Go(p.accept)
	return p, nil
}

// count returns the number of connections.
func (p *proxy) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links)
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

// lead sets the store's present address.
func (p *proxy) lead(network, address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.network, p.address = network, address
}

// cut ends all connections, and refuses new ones until heal.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused = true
	p.closeLinks()
}

// slow holds back every piece of data for d, until heal.
func (p *proxy) slow(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// stall lets nothing through until heal; connections stay up.
func (p *proxy) stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stalled == nil {
		p.stalled = make(chan struct{})
	}
}

// heal undoes cut, slow and stall.
func (p *proxy) heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused, p.delay = false, 0
	if p.stalled != nil {
		close(p.stalled)
		p.stalled = nil
	}
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.heal()
	p.mu.Lock()
	p.refused = true
	p.closeLinks()
	p.mu.Unlock()
	p.running.Wait()
}

// closeLinks is called with mu held.
func (p *proxy) closeLinks() {
	for client, store := range p.links {
		_ = client.Close()
		_ = store.Close()
	}
	clear(p.links)
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // for example, no descriptors are left
			continue
		}
		p.running.Go(func() { p.serve(client) })
	}
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	p.mu.Lock()
	network, address, refused := p.network, p.address, p.refused
	p.mu.Unlock()
	if refused || address == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	store, err := (&net.Dialer{}).DialContext(ctx, network, address)
	cancel()
	if err != nil {
		return // like a store that is down
	}
	defer store.Close()
	if !p.link(client, store) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { p.pass(store, client) })
	both.Go(func() { p.pass(client, store) })
	both.Wait()
	p.mu.Lock()
	delete(p.links, client)
	p.mu.Unlock()
}

// link records a connection, unless a cut came in between.
func (p *proxy) link(client, store net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused {
		return false
	}
	p.links[client] = store
	return true
}

// pass copies one direction, and ends both when it ends.
func (p *proxy) pass(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, proxyBuffer)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			p.hold()
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// hold waits for the end of a stall or a delay.
func (p *proxy) hold() {
	p.mu.Lock()
	stalled, delay := p.stalled, p.delay
	p.mu.Unlock()
	if stalled != nil {
		<-stalled
	}
	if delay > 0 {
		time.Sleep(delay)
	}
}
