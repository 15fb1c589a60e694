package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/fault"
)

// health answers /healthz (the process runs), /readyz (the stores are open and
// answer, and the process is not stopping) and /metrics.
type health struct {
	server *http.Server
	addr   net.Addr
	stores atomic.Pointer[Stores]
	ended  atomic.Bool
}

const readyTimeout = 5 * time.Second

// listen serves on addr, or not at all if addr is none.
func listen(addr string, metrics http.Handler, log *slog.Logger) (*health, error) {
	h := &health{}
	if addr == "" || addr == config.NoListen {
		return h, nil
	}
	listener, err := net.Listen("tcp", addr)
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
	h.addr = listener.Addr()
	h.server = &http.Server{Handler: mux, ReadHeaderTimeout: readyTimeout, WriteTimeout: 2 * readyTimeout, MaxHeaderBytes: 16 << 10}
	go func() {
		if err := h.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("health server ended", "error", err)
		}
	}()
	return h, nil
}

func (h *health) ready(ctx context.Context) error {
	stores := h.stores.Load()
	switch {
	case h.ended.Load():
		return errors.New("stopping")
	case stores == nil:
		return errors.New("starting: not all stores are open")
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return stores.Ready(ctx)
}

// warnings lists faults that do not stop the worker, but should be corrected.
func (h *health) warnings() []string {
	if stores := h.stores.Load(); stores != nil {
		return stores.Warnings()
	}
	return nil
}

func (h *health) close() {
	if h.server != nil {
		_ = h.server.Close()
	}
}
