package reach

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Gate is a proxy through which one fetch makes its connections. It listens on the loopback
// address and asks for a password that is made only for it, so that no other process of the
// machine can use it.
type Gate struct {
	policy   *Policy
	listener net.Listener
	server   *http.Server
	password string
	direct   *http.Transport // for requests of http:// URLs, judged
	ctx      context.Context
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu     sync.Mutex
	closed bool
	err    error
}

// gateUser is the user name that the gate asks for beside the password.
const gateUser = "leat"

// maxHeader bounds a server's header, in bytes.
const maxHeader = 256 << 10

// Open opens a gate. Until it is closed, the gate lets connections pass that the policy
// allows.
func Open(p *Policy) (*Gate, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a port for git's proxy: %w", err)
	}
	g := &Gate{policy: p, listener: listener, password: rand.Text()}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.direct = &http.Transport{
		DisableCompression: true, MaxResponseHeaderBytes: maxHeader,
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			host, port, err := split(address)
			if err != nil {
				return nil, err
			}
			return p.Dial(ctx, host, port)
		},
	}
	g.server = &http.Server{
		Handler: http.HandlerFunc(g.serve), ReadHeaderTimeout: time.Minute, MaxHeaderBytes: maxHeader,
		ErrorLog: log.New(io.Discard, "", 0), // the fetch that meets the error reports it
	}
	g.running.Go(func() { _ = g.server.Serve(listener) }) // until it is closed
	return g, nil
}

// URL is the proxy's address with its password.
func (g *Gate) URL() string {
	return (&url.URL{Scheme: "http", Host: g.listener.Addr().String(), User: url.UserPassword(gateUser, g.password)}).String()
}

// Err returns why the last refused or failed connection was not made. It returns nil if all
// connections were made.
func (g *Gate) Err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

func (g *Gate) note(err error) {
	if errors.Is(err, context.Canceled) {
		return // git wanted it no longer
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err = err
}

// Close ends every connection of the gate.
func (g *Gate) Close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.cancel()
	_ = g.server.Close() // nothing is sent any more
	g.running.Wait()
	g.direct.CloseIdleConnections()
}

// enter counts a request, unless the gate is closed.
func (g *Gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.running.Add(1)
	}
	return !g.closed
}

func (g *Gate) serve(w http.ResponseWriter, r *http.Request) {
	if !g.enter() {
		return
	}
	defer g.running.Done()
	if !g.admits(r.Header.Get("Proxy-Authorization")) {
		w.Header().Set("Proxy-Authenticate", `Basic realm="leat"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	var err error
	switch {
	case r.Method == http.MethodConnect:
		err = g.tunnel(w, r)
	case r.URL.Scheme == "http" && r.URL.Host != "":
		err = g.forward(w, r)
	default:
		err = errors.New("no request for a proxy")
	}
	if err != nil {
		// The answer is the same for every reason: git prints it, and the reason is
		// not for the submitter.
		g.note(err)
		w.WriteHeader(http.StatusBadGateway)
	}
}

func (g *Gate) admits(header string) bool {
	probe := http.Request{Header: http.Header{"Authorization": {header}}}
	user, password, ok := probe.BasicAuth()
	return ok && user == gateUser && subtle.ConstantTimeCompare([]byte(password), []byte(g.password)) == 1
}

// tunnel connects to the host of a CONNECT and passes bytes both ways.
func (g *Gate) tunnel(w http.ResponseWriter, r *http.Request) error {
	host, port, err := split(r.Host)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(g.ctx, cancel)()
	out, err := g.dial(ctx, host, port, r.Header.Get(sshHeader) == "")
	if err != nil {
		return err
	}
	defer out.Close()
	in, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return fmt.Errorf("take over the connection: %w", err)
	}
	defer in.Close()
	defer context.AfterFunc(g.ctx, func() { in.Close(); out.Close() })()
	if _, err := io.WriteString(in, "HTTP/1.1 200 Connected\r\n\r\n"); err != nil {
		return nil // git has gone
	}
	early, err := buffered.Peek(buffered.Reader.Buffered())
	if err == nil {
		_, err = out.Write(early)
	}
	if err == nil {
		exchange(in, out)
	}
	return nil
}

// dial connects to a host, through the operator's proxy if there is one for it.
func (g *Gate) dial(ctx context.Context, host string, port uint16, web bool) (net.Conn, error) {
	if web {
		proxy, err := operator("https", host, port)
		if err != nil {
			return nil, err
		}
		if proxy != nil {
			if err := g.policy.Host(strings.ToLower(host), port); err != nil {
				return nil, err
			}
			return through(ctx, proxy, host, port)
		}
	}
	return g.policy.Dial(ctx, host, port)
}

// exchange passes bytes both ways until both sides have ended.
func exchange(a, b net.Conn) {
	var done sync.WaitGroup
	pass := func(to, from net.Conn) {
		_, _ = io.Copy(to, from) // the other side sees the end, whatever it was
		if half, ok := to.(halfCloser); ok {
			_ = half.CloseWrite()
			return
		}
		to.Close()
	}
	done.Go(func() { pass(a, b) })
	pass(b, a)
	done.Wait()
}

// forward makes a request of an http:// URL in git's place.
func (g *Gate) forward(w http.ResponseWriter, r *http.Request) (err error) {
	host, port := r.URL.Hostname(), uint16(80)
	if text := r.URL.Port(); text != "" {
		number, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return fmt.Errorf("port of %.200q: %w", r.URL.Host, err)
		}
		port = uint16(number)
	}
	proxy, err := operator("http", host, port)
	if err != nil {
		return err
	}
	way := g.direct
	if proxy != nil {
		if err := g.policy.Host(strings.ToLower(host), port); err != nil {
			return err
		}
		way = &http.Transport{Proxy: http.ProxyURL(proxy), DisableCompression: true, DisableKeepAlives: true, MaxResponseHeaderBytes: maxHeader}
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(g.ctx, cancel)()
	onward := httputil.ReverseProxy{
		Rewrite: func(out *httputil.ProxyRequest) { out.Out.Host = out.In.Host }, Transport: way, FlushInterval: -1,
		ErrorLog:     log.New(io.Discard, "", 0),
		ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, failed error) { err = failed },
	}
	onward.ServeHTTP(w, r.WithContext(ctx))
	return err
}

func split(address string) (host string, port uint16, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("no address of a host: %.200q", address)
	}
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil || number == 0 || host == "" {
		return "", 0, fmt.Errorf("no address of a host: %.200q", address)
	}
	return host, uint16(number), nil
}
