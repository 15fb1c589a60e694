//go:build linux

package bench

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// relay stands between the workers and one store, and counts the bytes.
type relay struct {
	listener         net.Listener
	network, address string           // of the store
	tap              func() io.Writer // reads what one client sends; nil: there is no tap
	sent, received   atomic.Int64     // bytes, as the workers see it
	running          sync.WaitGroup

	mu    sync.Mutex
	links map[net.Conn]net.Conn
}

const relayBuffer = 64 << 10

func newRelay(network, address string, tap func() io.Writer) (*relay, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{listener: listener, network: network, address: address, tap: tap, links: make(map[net.Conn]net.Conn)}
	r.running.Go(r.accept)
	return r, nil
}

func (r *relay) addr() string { return r.listener.Addr().String() }

func (r *relay) close() {
	_ = r.listener.Close()
	r.mu.Lock()
	for client, store := range r.links {
		_ = client.Close()
		_ = store.Close()
	}
	r.mu.Unlock()
	r.running.Wait()
}

func (r *relay) accept() {
	for {
		client, err := r.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // for example, no descriptors are left
			continue
		}
		r.running.Go(func() { r.serve(client) })
	}
}

func (r *relay) serve(client net.Conn) {
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	store, err := (&net.Dialer{}).DialContext(ctx, r.network, r.address)
	cancel()
	if err != nil {
		return // like a store that is down
	}
	defer store.Close()
	r.mu.Lock()
	r.links[client] = store
	r.mu.Unlock()
	var tap io.Writer
	if r.tap != nil {
		tap = r.tap()
	}
	var both sync.WaitGroup
	both.Go(func() { pass(store, client, &r.sent, tap) })
	both.Go(func() { pass(client, store, &r.received, nil) })
	both.Wait()
	r.mu.Lock()
	delete(r.links, client)
	r.mu.Unlock()
}

// pass copies one direction, and ends both when it ends.
func pass(to, from net.Conn, count *atomic.Int64, tap io.Writer) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, relayBuffer)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			count.Add(int64(n))
			if tap != nil {
				_, _ = tap.Write(buffer[:n])
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
