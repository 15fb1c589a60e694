package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/embedder"
)

// lockWait is the time that a command waits for another one that uses the same
// embedded stores.
const lockWait = 15 * time.Second

// embeddedAckWait is the longest ack wait of the embedded NATS. This server ends
// with the workers. At the next start it delivers the messages that they have given
// back, but only after the ack wait; until then nothing would happen.
const embeddedAckWait = 5 * time.Second

// session holds the stores and servers that a command has opened.
type session struct {
	*store.Stores
	leat    leat             // answers the commands
	service *service.Service // over the stores; nil: leat is a gateway
	stack   *devstack.Stack  // that this command has started; nil: none
	config  config.Stores    // where the stores are
	closers []func()         // of the servers that were started for it
}

func (s *session) close() {
	if s.Stores != nil {
		s.Close()
	}
	for _, closer := range slices.Backward(s.closers) {
		closer()
	}
}

// check checks the flags that every command takes.
func (g *globals) check() error {
	if err := events.CheckTenant(g.Tenant); err != nil {
		return fmt.Errorf("--tenant (LEAT_TENANT): %w", err)
	}
	return g.CheckNamed()
}

// ask connects to the gateway that is named, or else to the stores, as open does.
func (g *globals) ask(ctx context.Context, parts store.Parts) (*session, error) {
	return g.askOr(func() (*session, error) { return g.open(ctx, parts) })
}

// askIndex is ask for a command that needs an index.
func (g *globals) askIndex(ctx context.Context, parts store.Parts) (*session, error) {
	return g.askOr(func() (*session, error) { return g.openIndex(ctx, parts) })
}

func (g *globals) askOr(open func() (*session, error)) (*session, error) {
	at, remote, err := g.remote()
	if err != nil {
		return nil, err
	}
	if !remote {
		return open()
	}
	asked, err := at.dial(len(g.Tenants) == 0)
	if err != nil {
		return nil, err
	}
	if err := events.CheckTenant(g.Tenant); err != nil {
		return nil, fmt.Errorf("--tenant (LEAT_TENANT): %w", err)
	}
	return &session{leat: asked, closers: []func(){asked.Close}}, nil
}

// open connects to the stores that a command needs: the stores that flags name, those
// of a running `leat dev`, or else embedded ones that it starts for this command.
func (g *globals) open(ctx context.Context, parts store.Parts) (*session, error) {
	if g.Server == "" && g.check() == nil { // else openNew says what is wrong
		if err := g.needData(parts); err != nil {
			return nil, err
		}
	}
	return g.openNew(ctx, parts)
}

// openNew is open for a command that may make the embedded stores.
func (g *globals) openNew(ctx context.Context, parts store.Parts) (*session, error) {
	if g.Server != "" {
		return nil, errors.New("this command works on the stores: leave out --server (LEAT_SERVER), and name the stores")
	}
	if err := g.check(); err != nil {
		return nil, err
	}
	s := &session{}
	var err error
	s.config, _, err = g.resolve(ctx, parts, s)
	if err == nil {
		err = s.connect(ctx, parts, parts&^embeddedParts(g.Stores))
	}
	if err != nil {
		s.close()
		return nil, err
	}
	s.service = g.serve(s.Stores, s.config)
	s.leat = s.service
	return s, nil
}

// source names this command as the publisher of its events.
const source = "/leat/cli"

// serve returns the service over stores.
func (g *globals) serve(stores *store.Stores, cfg config.Stores) *service.Service {
	open := func(name string) (embedder.Embedder, error) {
		return cfg.OpenEmbedder(name, stores.Catalog.Usage, g.quietLog().Logger(&g.screen))
	}
	box, _ := cfg.Box() // its error was shown by Check
	return service.New(service.Config{Index: cfg.Index, Source: source, OpenEmbedder: open, Box: box}, stores)
}

// openIndex is open for a command that needs an index. It returns an error if there is
// none.
func (g *globals) openIndex(ctx context.Context, parts store.Parts) (*session, error) {
	s, err := g.open(ctx, parts)
	if err != nil {
		return nil, err
	}
	if err := s.service.Ready(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// needData refuses to make a data directory that would only be empty.
func (g *globals) needData(parts store.Parts) error {
	if parts&embeddedParts(g.Stores) == 0 {
		return nil
	}
	dir, err := g.dataDir()
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s holds no data yet: run 'leat dev --submit REPO --once' first, or name the stores (--postgres-url and so on)", dir)
	}
	return nil
}

// resolve fills in the addresses that no flag names: those of a running stack, or of a
// stack that it starts and that ends with the session.
func (g *globals) resolve(ctx context.Context, parts store.Parts, s *session) (_ config.Stores, started bool, err error) {
	embedded := parts & embeddedParts(g.Stores)
	if embedded == 0 {
		return g.Stores, false, nil
	}
	dir, err := g.dataDir()
	if err != nil {
		return g.Stores, false, err
	}
	deadline := time.Now().Add(lockWait)
	for {
		endpoints, running, err := devstack.Running(dir)
		if err != nil {
			return g.Stores, false, err
		}
		if running && covers(endpoints, embedded) {
			stores := withEndpoints(g.Stores, endpoints)
			return stores, false, checkKeys(stores, parts)
		}
		stack, err := devstack.Start(ctx, devstack.Config{Dir: dir, Parts: servers(embedded), Fast: g.Fast, Later: g.later, Log: g.stackLog()})
		switch {
		case err == nil:
			s.closers = append(s.closers, func() { _ = stack.Close() })
			s.stack = stack
			return withEndpoints(g.Stores, stack.Endpoints()), true, nil
		case !errors.Is(err, devstack.ErrLocked):
			return g.Stores, false, err
		case time.Now().After(deadline) && running:
			return g.Stores, false, fmt.Errorf("%w: it runs not all the stores that this command needs: name the others as it does (--qdrant-url and so on), or wait for it to end", err)
		case time.Now().After(deadline):
			return g.Stores, false, fmt.Errorf("%w: wait for that command to end, or name another directory with --data", err)
		}
		select {
		case <-ctx.Done():
			return g.Stores, false, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// connect opens parts. The error of a part that a flag has named names the flag.
func (s *session) connect(ctx context.Context, parts, named store.Parts) (err error) {
	s.Stores, err = store.Open(ctx, store.Config{Stores: s.config, Parts: parts}, slog.New(slog.DiscardHandler))
	if failed := (*store.Error)(nil); errors.As(err, &failed) && named&failed.Part != 0 {
		return fmt.Errorf("%s: %w", failed.Flag, err)
	}
	return err
}

// embeddedParts returns the stores that no flag names.
func embeddedParts(s config.Stores) store.Parts {
	var parts store.Parts
	for part, url := range map[store.Parts]string{
		store.NATS: s.NATSURL, store.Postgres: s.PostgresURL, store.S3: s.S3URL, store.Qdrant: s.QdrantURL,
	} {
		if url == "" {
			parts |= part
		}
	}
	return parts
}

// servers returns the embedded servers of parts.
func servers(parts store.Parts) devstack.Parts {
	var list devstack.Parts
	for part, server := range map[store.Parts]devstack.Parts{
		store.NATS: devstack.NATS, store.Postgres: devstack.Postgres, store.S3: devstack.S3, store.Qdrant: devstack.Qdrant,
	} {
		if parts&part != 0 {
			list |= server
		}
	}
	return list
}

// covers reports whether a running stack has all of parts.
func covers(e devstack.Endpoints, parts store.Parts) bool {
	have := store.Parts(0)
	for part, url := range map[store.Parts]string{
		store.NATS: e.NATS, store.Postgres: e.Postgres, store.S3: e.S3, store.Qdrant: e.Qdrant,
	} {
		if url != "" {
			have |= part
		}
	}
	return have&parts == parts
}

// withEndpoints fills in the stores of a leat where no flag names another store. Keys of those that it
// does not run itself come from this command's own settings.
func withEndpoints(s config.Stores, e devstack.Endpoints) config.Stores {
	if s.NATSURL == "" {
		s.NATSURL, s.AckWait = e.NATS, min(s.AckWait, embeddedAckWait)
	}
	if s.PostgresURL == "" {
		s.PostgresURL, s.SecretKey = e.Postgres, cmp.Or(e.SecretKey, s.SecretKey)
	}
	if s.S3URL == "" {
		s.S3URL, s.S3AccessKey, s.S3SecretKey = e.S3, cmp.Or(e.S3AccessKey, s.S3AccessKey), cmp.Or(e.S3SecretKey, s.S3SecretKey)
	}
	if s.QdrantURL == "" {
		s.QdrantURL, s.QdrantAPIKey = e.Qdrant, cmp.Or(e.QdrantKey, s.QdrantAPIKey)
	}
	return s
}

// checkKeys says which keys are missing for the stores that a command works on.
func checkKeys(s config.Stores, parts store.Parts) error {
	if parts&store.S3 == 0 {
		return nil
	}
	return s.CheckKeys()
}

// dataDir returns the data directory of the embedded stores.
func (g *globals) dataDir() (string, error) {
	if g.Data != "" {
		if info, err := os.Stat(g.Data); err == nil && !info.IsDir() {
			return "", fmt.Errorf("--data (LEAT_DATA) %s is a file: give leat a directory", g.Data)
		}
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

// quietLog logs warnings and errors alone at the default level.
func (g *globals) quietLog() config.Log {
	l := g.Log
	if l.Level == slog.LevelInfo {
		l.Level = slog.LevelWarn
	}
	return l
}

// stackLog shows the lines of the embedded servers at the debug level alone.
func (g *globals) stackLog() *slog.Logger {
	if g.Level <= slog.LevelDebug {
		return g.Logger(&g.screen)
	}
	return slog.New(slog.DiscardHandler)
}
