package testenv

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/leatworks/leat/devstack/postgres"
)

// The time that one statement, and the start of a server, may take.
const (
	statementLimit = 2 * time.Minute
	startLimit     = 3 * time.Minute // the first start may download the binaries
)

// Postgres returns the URL of a new, empty database, dropped when the test
// ends.
func Postgres(t testing.TB) string {
	t.Helper()
	admin, err := shared.postgresURL()
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	name := databaseName("test")
	if err := execute(admin, "create database "+name); err != nil {
		t.Fatalf("testenv: %v", err)
	}
	t.Cleanup(func() {
		if err := drop(admin, name); err != nil {
			t.Errorf("testenv: %v", err)
		}
	})
	made, err := locate(admin, name)
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	return made
}

// databaseName makes a name that no other process gives to a database of the server.
func databaseName(kind string) string { return kind + "_" + strings.ToLower(rand.Text()[:16]) }

// locate returns the URL of a database of the server.
func locate(admin, name string) (string, error) {
	u, err := url.Parse(admin)
	if err != nil {
		return "", errors.New("parse LEAT_TEST_POSTGRES_URL: not a URL")
	}
	u.Path = "/" + name
	return u.String(), nil
}

func drop(admin, name string) error {
	return execute(admin, "drop database if exists "+name+" with (force)")
}

// maintenance is the database to connect to for work on others. postgres.Database is the template of
// catalogs, and Postgres copies no database that is in use.
const maintenance = "postgres"

// postgresGiven returns the URL of a server that this process does not start, or "".
func postgresGiven() string { return os.Getenv("LEAT_TEST_POSTGRES_URL") }

// postgresURL returns the URL of the server. It starts the server if it is not
// running.
func (s *state) postgresURL() (string, error) {
	if given := postgresGiven(); given != "" {
		return given, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.postgres != nil {
		return s.postgres.URL(maintenance), nil
	}
	root, err := s.dir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, "postgres")
	if os.Getenv(migratedVariable) != "" {
		if err := migrated(dir); err != nil {
			return "", err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	server, err := postgres.Start(ctx, postgres.Config{Dir: dir, Fast: true})
	if err != nil {
		return "", err
	}
	s.postgres = server
	return server.URL(maintenance), nil
}

// execute runs one statement on a connection of its own. It also has a context of its own, because
// the test's context has ended when its clean-up runs.
func execute(dsn, statement string) error {
	return connected(dsn, func(ctx context.Context, conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
		return nil
	})
}
