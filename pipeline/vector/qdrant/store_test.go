package qdrant_test

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	server "github.com/leatworks/leat/devstack/qdrant"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/vector"
	"github.com/leatworks/leat/pipeline/vector/qdrant"
)

func TestWrongConfigurationIsRejected(t *testing.T) {
	const secret = "s3cr3t"
	for name, config := range map[string]qdrant.Config{
		"no URL":        {},
		"no scheme":     {URL: "localhost:6334"},
		"other scheme":  {URL: "grpc://localhost:6334"},
		"not a URL":     {URL: "http://" + secret + "@%zz:6334"},
		"password":      {URL: "http://user:" + secret + "@localhost:6334"},
		"path":          {URL: "http://localhost:6334/collections"},
		"plaintext key": {URL: "http://qdrant.example:6334", APIKey: secret},
		"timeout":       {URL: "http://localhost:6334", Timeout: -1},
	} {
		_, err := qdrant.Open(t.Context(), config)
		if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject {
			t.Errorf("%s: %v, want a rejection", name, err)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error tells the secret: %v", name, err)
		}
	}
}

// TestServerThatIsNotUpIsWorthARetry dials a port on which nothing listens. A port that was free a
// moment ago may be somebody's by now.
func TestServerThatIsNotUpIsWorthARetry(t *testing.T) {
	const address = "127.0.0.1:1"
	const secret = "s3cr3t"
	_, err := qdrant.Open(t.Context(), qdrant.Config{URL: "http://" + address, APIKey: secret, Timeout: 5 * time.Second})
	if kind, _ := fault.Of(err); err == nil || kind != fault.KindRetry || strings.Contains(err.Error(), secret) {
		t.Errorf("open: %v (%v), want a retry and no secret", err, kind)
	}
}

// TestSilentServerIsWorthARetry dials a listener that never answers.
func TestSilentServerIsWorthARetry(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, err = qdrant.Open(t.Context(), qdrant.Config{URL: "http://" + listener.Addr().String(), Timeout: 50 * time.Millisecond})
	if kind, _ := fault.Of(err); err == nil || kind != fault.KindRetry {
		t.Errorf("open: %v (%v), want a retry", err, kind)
	}
}

// TestStoreOutlivesARestartOfTheServer restarts the server. The store connects again, and acknowledged writes are
// there.
func TestStoreOutlivesARestartOfTheServer(t *testing.T) {
	config := server.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)}
	running, err := server.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	config.Addr = running.Addr()
	store, err := qdrant.Open(t.Context(), qdrant.Config{URL: "http://" + running.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.CreateCollection(t.Context(), "c", 2, vector.Dot); err != nil {
		t.Fatal(err)
	}
	point := vector.Point{ID: uuid.New(), Dense: []float32{1, 0}, Payload: vector.Payload{Tenant: "acme"}}
	if err := store.Upsert(t.Context(), "c", []vector.Point{point}); err != nil {
		t.Fatal(err)
	}
	if err := running.Close(); err != nil {
		t.Fatal(err)
	}
	if err := store.Ready(t.Context()); err == nil {
		t.Error("ready while the server is down")
	}
	if running, err = server.Start(config); err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for store.Ready(ctx) != nil && ctx.Err() == nil {
		<-time.After(10 * time.Millisecond) // the transport's own backoff decides
	}
	if held, err := store.Held(t.Context(), "c", []uuid.UUID{point.ID}); err != nil || len(held) != 1 {
		t.Errorf("%d points after the restart (%v), want 1", len(held), err)
	}
}
