package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/fault"
)

// Health answers /healthz (the process runs), /readyz (the stores are open and
// answer, and the process is not stopping) and /metrics. It passes every other
// request to the handler that is mounted, if there is one.
type Health struct {
	door   bool // a handler will be mounted
	server *http.Server
	addr   net.Addr
	stores atomic.Pointer[Stores]
	rest   atomic.Pointer[http.Handler]
	ended  atomic.Bool

	whole chan struct{} // closed when no handler is missing
	mount sync.Once
}

// The deadlines of a request. A mounted handler sets its own.
const (
	readyTimeout = 5 * time.Second
	idleTimeout  = 2 * time.Minute
)

// Listen serves on addr, or not at all if addr is none. door says that a handler will be mounted.
// Until then the process is not ready, and asks clients to come again: a git host that got a 404
// would not deliver its push again.
func Listen(addr config.Address, door bool, metrics http.Handler, log *slog.Logger) (*Health, error) {
	h := &Health{door: door, whole: make(chan struct{})}
	if !door {
		h.mount.Do(func() { close(h.whole) })
	}
	if addr == "" || addr == config.NoListen {
		return h, nil
	}
	listener, err := net.Listen("tcp", string(addr))
	if err != nil {
		return nil, fault.Reject(fmt.Errorf("--listen (LEAT_LISTEN) %s: %w: choose another address, or none", addr, err))
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := h.ready(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
		for _, text := range h.warnings() {
			fmt.Fprintln(w, "warning:", text)
		}
	})
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("/", h.serveRest)
	h.addr = listener.Addr()
	h.server = &http.Server{
		Handler: mux, ReadHeaderTimeout: readyTimeout, ReadTimeout: 2 * readyTimeout, WriteTimeout: 2 * readyTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	go func() {
		if err := h.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("server ended", "address", h.addr, "error", err)
		}
	}()
	return h, nil
}

func (h *Health) serveRest(w http.ResponseWriter, r *http.Request) {
	switch rest := h.rest.Load(); {
	case rest != nil:
		(*rest).ServeHTTP(w, r)
	case h.door:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "starting: ask again", http.StatusServiceUnavailable)
	default:
		http.NotFound(w, r)
	}
}

// Addr is the address served, or nil if there is none.
func (h *Health) Addr() net.Addr { return h.addr }

// Open tells which stores /readyz asks.
func (h *Health) Open(s *Stores) { h.stores.Store(s) }

// Mount sets the handler of all other paths.
func (h *Health) Mount(rest http.Handler) {
	h.rest.Store(&rest)
	h.mount.Do(func() { close(h.whole) })
}

// Whole returns a channel that is closed once the handler, if there will be one, is mounted.
func (h *Health) Whole() <-chan struct{} { return h.whole }

// Stop makes /readyz say that the process is stopping.
func (h *Health) Stop() { h.ended.Store(true) }

// Drain accepts no more connections, and waits for the requests under way until ctx
// ends.
func (h *Health) Drain(ctx context.Context) error {
	if h.server == nil {
		return nil
	}
	if err := h.server.Shutdown(ctx); err != nil {
		return fmt.Errorf("wait for requests under way: %w", err)
	}
	return nil
}

func (h *Health) ready(ctx context.Context) error {
	stores := h.stores.Load()
	switch {
	case h.ended.Load():
		return errors.New("stopping")
	case h.door && h.rest.Load() == nil:
		return errors.New("starting: the routes are not served yet")
	case stores == nil:
		return errors.New("starting: not all stores are open")
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return stores.Ready(ctx)
}

// warnings lists faults that do not stop the worker, but should be corrected.
func (h *Health) warnings() []string {
	if stores := h.stores.Load(); stores != nil {
		return stores.Warnings()
	}
	return nil
}

// Close ends all connections at once.
func (h *Health) Close() {
	if h.server != nil {
		_ = h.server.Close()
	}
}
