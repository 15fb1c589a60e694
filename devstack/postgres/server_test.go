package postgres_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/leatworks/leat/devstack/postgres"
	"github.com/leatworks/leat/internal/testenv/leak"
)

// start starts a server, which is closed at the latest when the test ends.
func start(t *testing.T, cfg postgres.Config) *postgres.Server {
	t.Helper()
	began := time.Now()
	s, err := postgres.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %v", time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// exec executes statements in the server's database.
func exec(t *testing.T, s *postgres.Server, statements ...string) {
	t.Helper()
	conn := connect(t, s)
	for _, q := range statements {
		if _, err := conn.Exec(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// count returns the one number that a query yields.
func count(t *testing.T, s *postgres.Server, query string) (n int) {
	t.Helper()
	if err := connect(t, s).QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func connect(t *testing.T, s *postgres.Server) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL(postgres.Database))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func TestDataSurvivesARestart(t *testing.T) {
	defer leak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := filepath.Join(t.TempDir(), "pg")
	s := start(t, postgres.Config{Dir: dir})
	exec(t, s, "create table kept (n int)", "insert into kept values (7)")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "run")); !os.IsNotExist(err) {
		t.Errorf("the socket directory is still there: %v", err)
	}
	s = start(t, postgres.Config{Dir: dir})
	if n := count(t, s, "select n from kept"); n != 7 {
		t.Errorf("read %d, want 7", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
