package store_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

func TestOpenOpensThePartsAskedFor(t *testing.T) {
	cfg := store.Config{Stores: stack.Addresses(testenv.Stack(t)), Parts: store.Postgres | store.S3}
	s, err := store.Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Catalog == nil || s.Blobs == nil || s.Broker != nil || s.Points != nil {
		t.Errorf("opened %+v, want the catalog and the blobs", s)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

// A store that does not answer gives an error at once, which names its flag. With Wait it is tried
// again until the context ends.
func TestAStoreThatIsNotUp(t *testing.T) {
	down := config.Stores{PostgresURL: "postgres://127.0.0.1:1/x"}
	_, err := store.Open(t.Context(), store.Config{Stores: down, Parts: store.Postgres}, slog.New(slog.DiscardHandler))
	failed := (*store.Error)(nil)
	if !errors.As(err, &failed) || failed.Part != store.Postgres || failed.Flag != "--postgres-url" {
		t.Errorf("%v, want an error of Postgres that names its flag", err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	_, err = store.Open(ctx, store.Config{Stores: down, Parts: store.Postgres, Wait: true}, slog.New(slog.DiscardHandler))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the end of the context", err)
	}
}
