package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

// lockWait is how long a command waits for another that uses the same embedded
// stores for a moment.
const lockWait = 15 * time.Second

// session holds what a command has opened.
type session struct {
	catalog *catalog.Catalog
	blobs   *blob.Store
	points  *vector.Store
	broker  *broker.Broker
	closers []func()
}

func (s *session) close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
}

// open connects to the stores that a command needs: those that flags name, a
// running `leat dev`, or else the embedded ones, started for this command.
func (g *globals) open(ctx context.Context, parts devstack.Parts) (*session, error) {
	if err := events.CheckTenant(g.Tenant); err != nil {
		return nil, fmt.Errorf("--tenant: %w", err)
	}
	s := &session{}
	stores, err := g.resolve(ctx, parts, s)
	if err == nil {
		err = s.connect(ctx, stores, parts)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// resolve fills in the addresses that no flag names.
func (g *globals) resolve(ctx context.Context, parts devstack.Parts, s *session) (config.Stores, error) {
	embedded := parts & embeddedParts(g.Stores)
	if embedded == 0 {
		return g.Stores, nil
	}
	dir, err := g.dataDir()
	if err != nil {
		return g.Stores, err
	}
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return g.Stores, fmt.Errorf("%s holds no data yet: run 'leat dev --submit REPO --once' first, or name the stores (--postgres-url and so on)", dir)
	}
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		endpoints, running, err := devstack.Running(dir)
		if err != nil {
			return g.Stores, err
		}
		if running && covers(endpoints, embedded) {
			return withEndpoints(g.Stores, endpoints), nil
		}
		stack, err := devstack.Start(ctx, devstack.Config{Dir: dir, Parts: embedded, Log: stackLog(g.Log)})
		if err == nil {
			s.closers = append(s.closers, func() { _ = stack.Close() })
			return withEndpoints(g.Stores, stack.Endpoints()), nil
		}
		if !errors.Is(err, devstack.ErrLocked) || ctx.Err() != nil {
			return g.Stores, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (s *session) connect(ctx context.Context, stores config.Stores, parts devstack.Parts) (err error) {
	if parts&devstack.Postgres != 0 {
		if s.catalog, err = catalog.Open(ctx, stores.Catalog()); err != nil {
			return err
		}
		s.closers = append(s.closers, s.catalog.Close)
	}
	if parts&devstack.S3 != 0 {
		if s.blobs, err = blob.Open(ctx, stores.Blob()); err != nil {
			return err
		}
		s.closers = append(s.closers, s.blobs.Close)
	}
	if parts&devstack.Qdrant != 0 {
		if s.points, err = vector.Open(ctx, stores.Vector()); err != nil {
			return err
		}
		s.closers = append(s.closers, func() { _ = s.points.Close() })
	}
	if parts&devstack.NATS != 0 {
		if s.broker, err = broker.Connect(ctx, stores.Broker("leat"), slog.New(slog.DiscardHandler)); err != nil {
			return err
		}
		s.closers = append(s.closers, s.broker.Close)
	}
	return nil
}

// embeddedParts are the stores that no flag names.
func embeddedParts(s config.Stores) devstack.Parts {
	var parts devstack.Parts
	for part, url := range map[devstack.Parts]string{
		devstack.NATS: s.NATSURL, devstack.Postgres: s.PostgresURL, devstack.S3: s.S3URL, devstack.Qdrant: s.QdrantURL,
	} {
		if url == "" {
			parts |= part
		}
	}
	return parts
}

func covers(e devstack.Endpoints, parts devstack.Parts) bool {
	have := devstack.Parts(0)
	for part, url := range map[devstack.Parts]string{
		devstack.NATS: e.NATS, devstack.Postgres: e.Postgres, devstack.S3: e.S3, devstack.Qdrant: e.Qdrant,
	} {
		if url != "" {
			have |= part
		}
	}
	return have&parts == parts
}

// withEndpoints names the embedded stores where no flag names another.
func withEndpoints(s config.Stores, e devstack.Endpoints) config.Stores {
	if s.NATSURL == "" {
		s.NATSURL = e.NATS
	}
	if s.PostgresURL == "" {
		s.PostgresURL = e.Postgres
	}
	if s.S3URL == "" {
		s.S3URL, s.S3AccessKey, s.S3SecretKey = e.S3, e.S3AccessKey, e.S3SecretKey
	}
	if s.QdrantURL == "" {
		s.QdrantURL = e.Qdrant
	}
	return s
}

// dataDir is where the embedded stores keep their data.
func (g *globals) dataDir() (string, error) {
	if g.Data != "" {
		return g.Data, nil
	}
	if base := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(base) {
		return filepath.Join(base, "leat"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no home directory to keep data in: name one with --data (%w)", err)
	}
	return filepath.Join(home, ".local", "share", "leat"), nil
}

// stackLog shows what the embedded servers say only when asked for.
func stackLog(l config.Log) *slog.Logger {
	if l.Level <= slog.LevelDebug {
		return l.Logger()
	}
	return slog.New(slog.NewTextHandler(io.Discard, nil))
}
