package worker_test

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/worker"
)

// A gateway without its routes is not ready yet, and asks clients to come again. A worker has no
// routes to wait for.
func TestADoorIsReadyWithItsRoutes(t *testing.T) {
	for _, door := range []bool{true, false} {
		h, err := worker.Listen("127.0.0.1:0", door, http.NotFoundHandler(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(h.Close)
		ask := func(path string) (int, string, http.Header) {
			t.Helper()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+h.Addr().String()+path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			return resp.StatusCode, string(text), resp.Header
		}
		whole := func() bool {
			select {
			case <-h.Whole():
				return true
			default:
				return false
			}
		}
		if whole() == door {
			t.Errorf("door %v: whole before its routes are mounted: %v", door, whole())
		}
		if code, text, _ := ask("/readyz"); code != http.StatusServiceUnavailable || strings.Contains(text, "routes") != door {
			t.Errorf("door %v: /readyz answers %d %s", door, code, text)
		}
		code, _, header := ask("/hooks/a")
		if !door {
			if code != http.StatusNotFound {
				t.Errorf("a worker answers %d", code)
			}
			continue
		}
		if code != http.StatusServiceUnavailable || header.Get("Retry-After") == "" {
			t.Errorf("a door without routes answers %d, %v", code, header)
		}
		h.Mount(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
		if code, _, _ := ask("/hooks/a"); code != http.StatusAccepted {
			t.Errorf("with its routes it answers %d", code)
		}
		if !whole() {
			t.Error("a door is not whole with its routes")
		}
	}
}
