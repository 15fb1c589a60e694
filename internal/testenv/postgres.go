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
	"github.com/leatworks/leat/pipeline/catalog"
)

// How long one statement, and the start of a server, may take.
const (
	statementLimit = 30 * time.Second
	startLimit     = 3 * time.Minute // the first may download the binaries
)

// Postgres returns the URL of a new, empty database, dropped when the test
// ends.
func Postgres(t testing.TB) string {
	t.Helper()
	return database(t, "")
}

// Catalog returns the URL of a new database with the catalog's schema, dropped when the
// test ends. It is a copy of one that was migrated once: a copy costs a tenth of the
// migrations.
func Catalog(t testing.TB) string {
	t.Helper()
	name, err := shared.migrated()
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	return database(t, " template "+name)
}

// database makes a database of a test's own.
func database(t testing.TB, clause string) string {
	t.Helper()
	admin, err := shared.postgresURL()
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	name := databaseName("test")
	if err := execute(admin, "create database "+name+clause); err != nil {
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

// migrated returns the name of a database with the catalog's schema, which it makes once.
// Nobody else connects to it: Postgres copies no database that is in use.
func (s *state) migrated() (string, error) {
	admin, err := s.postgresURL()
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.template != "" {
		return s.template, nil
	}
	name := databaseName("template")
	if err := execute(admin, "create database "+name); err != nil {
		return "", err
	}
	made, err := locate(admin, name)
	if err == nil {
		err = migrate(made)
	}
	if err != nil {
		return "", errors.Join(err, drop(admin, name))
	}
	s.template = name
	return name, nil
}

func migrate(dsn string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	c, err := catalog.Open(ctx, catalog.Config{URL: dsn})
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Schema.Up(ctx)
}

func drop(admin, name string) error {
	return execute(admin, "drop database if exists "+name+" with (force)")
}

// postgresURL returns the URL of the server. It starts the server if it is not
// running.
func (s *state) postgresURL() (string, error) {
	if given := os.Getenv("LEAT_TEST_POSTGRES_URL"); given != "" {
		return given, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.postgres != nil {
		return s.postgres.URL(postgres.Database), nil
	}
	dir, err := s.dir()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	server, err := postgres.Start(ctx, postgres.Config{Dir: filepath.Join(dir, "postgres"), Fast: true})
	if err != nil {
		return "", err
	}
	s.postgres = server
	return server.URL(postgres.Database), nil
}

// execute runs one statement on a connection of its own. It also has a context
// of its own, because the test's has ended when its clean-up runs.
func execute(dsn, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), statementLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("connect to postgres: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
