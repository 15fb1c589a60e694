package worker_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/leak"
	"github.com/leatworks/leat/internal/worker"
)

// Stopped workers leave no goroutine and no connection.
func TestStoppedWorkersLeaveNothing(t *testing.T) {
	e := testenv.Stack(t)
	stores := config.Stores{
		NATSURL: e.NATS, PostgresURL: e.Postgres, S3URL: e.S3, S3AccessKey: e.S3AccessKey, S3SecretKey: e.S3SecretKey, QdrantURL: e.Qdrant,
		Index: testenv.Index(e), Embedder: "local-384",
	}
	watch, err := pgx.Connect(t.Context(), e.Postgres)
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Close(t.Context())
	log := slog.New(slog.DiscardHandler)

	// The first worker makes streams and consumers, whose goroutines in the embedded server stay.
	first, err := worker.Open(t.Context(), stores, "test", log)
	if err != nil {
		t.Fatal(err)
	}
	first.Close()
	servers := goleak.IgnoreCurrent()

	s, err := worker.Open(t.Context(), stores, "test", log)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if connections(t, watch) == 0 {
		t.Error("no connection to Postgres is open: nothing is tested here")
	}
	cfg := config.Worker{Process: config.Process{Stores: stores, DrainTimeout: time.Second}, InFlight: 8}
	git := config.Git{Dir: filepath.Join(t.TempDir(), "mirrors"), MaxBytes: 1 << 20, Timeout: time.Minute}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 4)
	for _, run := range []func() error{
		func() error { return worker.Ingest(ctx, s, config.Ingestor{Worker: cfg, Git: git}, log) },
		func() error { return worker.Embed(ctx, s, cfg, log) },
		func() error { return worker.Index(ctx, s, cfg, log) },
		func() error { return worker.Sync(ctx, s, config.Syncer{Worker: cfg, Git: git}, log) },
	} {
		go func() { ended <- run() }()
	}
	if err := worker.SyncOnce(ctx, s, log); err != nil {
		t.Error(err)
	}
	stop()
	for range cap(ended) {
		select {
		case err := <-ended:
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		case <-time.After(time.Minute):
			t.Fatal("a worker does not end")
		}
	}
	s.Close()
	for deadline := time.Now().Add(time.Minute); connections(t, watch) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections to Postgres are left", connections(t, watch))
		}
	}
	leak.VerifyNone(t, servers)
}

// connections counts the connections of others to the test's database.
func connections(t *testing.T, watch *pgx.Conn) (n int) {
	t.Helper()
	err := watch.QueryRow(t.Context(), "select count(*) from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()").Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// An error that waiting cannot heal ends the wait for a store; the end of the context does too.
func TestOpenGivesUpWhereWaitingCannotHelp(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	stores := config.Stores{PostgresURL: "postgres://user:secret@host:port/x"}
	if _, err := worker.Open(t.Context(), stores, "test", log); err == nil {
		t.Error("a malformed URL is accepted")
	}
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	const down = "127.0.0.1:1"
	stores = config.Stores{
		PostgresURL: "postgres://" + down + "/x", NATSURL: "nats://" + down, QdrantURL: "http://" + down,
		S3URL: "http://" + down + "/bucket", S3AccessKey: "x", S3SecretKey: "x",
	}
	if _, err := worker.Open(ctx, stores, "test", log); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the end of the context", err)
	}
}
