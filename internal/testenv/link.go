package testenv

import (
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
)

// Link passes bytes between those who connect to it and a server, until it is cut. It
// stands for a network that fails, and for a server whose address changes.
type Link struct {
	listener net.Listener
	serving  sync.WaitGroup

	mu       sync.Mutex
	network  string
	address  string
	state    linkState
	open     map[net.Conn]bool
	released chan struct{} // closed while bytes pass
	ended    bool
}

type linkState int

const (
	passing linkState = iota
	stalled           // connections stay, and nothing passes
	severed           // connections break, and new ones too
)

// NewLink returns a link to a server. It ends with the test.
func NewLink(t testing.TB, network, address string) *Link {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	link := &Link{listener: l, network: network, address: address, open: make(map[net.Conn]bool), released: make(chan struct{})}
	close(link.released)
	link.serving.Go(link.accept)
	t.Cleanup(link.close)
	return link
}

// Addr is the address that stands for the server's.
func (l *Link) Addr() string { return l.listener.Addr().String() }

// Lead leads new connections to another server.
func (l *Link) Lead(network, address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.network, l.address = network, address
}

// Cut breaks all connections, and every new one until Heal.
func (l *Link) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = severed
	for conn := range l.open {
		_ = conn.Close()
	}
}

// Stall lets nothing pass until Heal. Nobody is told.
func (l *Link) Stall() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == passing {
		l.state, l.released = stalled, make(chan struct{})
	}
}

// Heal lets bytes pass again.
func (l *Link) Heal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == stalled {
		close(l.released)
	}
	l.state = passing
}

func (l *Link) close() {
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	l.Heal()
	_ = l.listener.Close()
	l.Cut()
	l.serving.Wait()
}

func (l *Link) accept() {
	for {
		in, err := l.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			l.serving.Go(func() { l.serve(in) })
		}
	}
}

func (l *Link) serve(in net.Conn) {
	defer in.Close()
	l.mu.Lock()
	network, address := l.network, l.address
	l.mu.Unlock()
	out, err := net.Dial(network, address)
	if err != nil {
		return
	}
	defer out.Close()
	if !l.keep(in, out) {
		return
	}
	defer l.forget(in, out)
	ended := make(chan struct{}, 2)
	l.serving.Go(func() { l.pass(out, in); ended <- struct{}{} })
	l.serving.Go(func() { l.pass(in, out); ended <- struct{}{} })
	<-ended
}

// keep notes the two ends of a connection, unless it may not be.
func (l *Link) keep(ends ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == severed || l.ended {
		return false
	}
	for _, conn := range ends {
		l.open[conn] = true
	}
	return true
}

func (l *Link) forget(ends ...net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range ends {
		delete(l.open, conn)
	}
}

// pass copies until one end closes.
func (l *Link) pass(to io.Writer, from net.Conn) {
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		l.mu.Lock()
		released := l.released
		l.mu.Unlock()
		<-released
		if n > 0 {
			if _, err := to.Write(piece[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// PostgresAddress is the address of the server that a database's URL names, for net.Dial.
func PostgresAddress(t testing.TB, database string) (network, address string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatalf("testenv: the URL of a database is none")
	}
	if host := u.Query().Get("host"); filepath.IsAbs(host) {
		return "unix", filepath.Join(host, ".s.PGSQL."+u.Query().Get("port"))
	}
	return "tcp", u.Host
}
