// Package relay stands between clients and a server. It lets a test or the chaos harness cut the
// connection, hold it up, or slow it down. It lets the benchmark read along.
package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// Relay passes bytes between its clients and a server. Its own address never changes; the server's
// may, with each restart.
type Relay struct {
	listener net.Listener
	tap      Tap
	running  sync.WaitGroup

	mu      sync.Mutex
	network string // of the server
	address string
	refused bool
	delay   time.Duration
	stalled chan struct{} // closed when a stall ends; nil: there is none
	links   map[net.Conn]net.Conn
}

const bufferSize = 64 << 10

// Tap returns the writers that get a copy of all bytes that a new client sends and receives. They
// never fail.
type Tap func() (sent, received io.Writer)

// New returns a relay that leads nowhere yet. It refuses connections until Lead is called.
func New() (*Relay, error) {
	return NewTapped(func() (sent, received io.Writer) { return io.Discard, io.Discard })
}

// NewTapped is New with a tap on each connection.
func NewTapped(tap Tap) (*Relay, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &Relay{listener: listener, tap: tap, links: make(map[net.Conn]net.Conn)}
	r.running.Go(r.accept)
	return r, nil
}

// Count returns the number of connections.
func (r *Relay) Count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.links)
}

// Addr is the address that stands for the server's.
func (r *Relay) Addr() string { return r.listener.Addr().String() }

// Lead sets the server's present address, for new connections.
func (r *Relay) Lead(network, address string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.network, r.address = network, address
}

// Cut ends all connections, and refuses new ones until Heal.
func (r *Relay) Cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused = true
	r.closeLinks()
}

// Slow holds back every piece of data for d, until Heal.
func (r *Relay) Slow(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delay = d
}

// Stall lets nothing through until Heal; connections stay up.
func (r *Relay) Stall() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stalled == nil {
		r.stalled = make(chan struct{})
	}
}

// Heal undoes Cut, Slow and Stall.
func (r *Relay) Heal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused, r.delay = false, 0
	if r.stalled != nil {
		close(r.stalled)
		r.stalled = nil
	}
}

// Close ends all connections, and returns when no goroutine of the relay runs any more.
func (r *Relay) Close() {
	_ = r.listener.Close()
	r.Heal()
	r.mu.Lock()
	r.refused = true
	r.closeLinks()
	r.mu.Unlock()
	r.running.Wait()
}

// closeLinks is called with mu held.
func (r *Relay) closeLinks() {
	for client, server := range r.links {
		_ = client.Close()
		_ = server.Close()
	}
	clear(r.links)
}

func (r *Relay) accept() {
	for {
		client, err := r.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // a passing error, for example that no descriptors are left
			continue
		}
		r.running.Go(func() { r.serve(client) })
	}
}

func (r *Relay) serve(client net.Conn) {
	defer client.Close()
	r.mu.Lock()
	network, address, refused := r.network, r.address, r.refused
	r.mu.Unlock()
	if refused || address == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	server, err := (&net.Dialer{}).DialContext(ctx, network, address)
	cancel()
	if err != nil {
		return // like a server that is down
	}
	defer server.Close()
	if !r.link(client, server) {
		return
	}
	sent, received := r.tap()
	var both sync.WaitGroup
	both.Go(func() { r.pass(server, client, sent) })
	both.Go(func() { r.pass(client, server, received) })
	both.Wait()
	r.mu.Lock()
	delete(r.links, client)
	r.mu.Unlock()
}

// link records a connection, unless a cut came in between.
func (r *Relay) link(client, server net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refused {
		return false
	}
	r.links[client] = server
	return true
}

// pass copies one direction. Its end ends the other direction too.
func (r *Relay) pass(to, from net.Conn, tap io.Writer) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, bufferSize)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			r.hold()
			_, _ = tap.Write(buffer[:n])
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
func (r *Relay) hold() {
	r.mu.Lock()
	stalled, delay := r.stalled, r.delay
	r.mu.Unlock()
	if stalled != nil {
		<-stalled
	}
	if delay > 0 {
		time.Sleep(delay)
	}
}
