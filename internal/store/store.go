package store

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/keyring"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

// Config says which stores to open, and how.
type Config struct {
	config.Stores        // where the stores are
	Parts         Parts  // the stores to open; default: All
	Name          string // of the connection, as NATS shows it; default: leat
	Wait          bool   // wait for a store that is not up yet; default: return the first failure
}

// Stores are the stores that have been opened. The others are nil.
type Stores struct {
	Catalog *catalog.Catalog
	Broker  *broker.Broker
	Blobs   *blob.Store
	Points  vector.Store
	Keys    *keyring.Keyring // of packs; never nil
}

// Open connects to the parts that cfg names. With Wait it returns an error only if waiting cannot
// help or ctx ends. Without Wait it returns an *Error for a store that cannot be opened. It opens
// the stores side by side. After an error no store stays open.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*Stores, error) {
	if cfg.Parts == 0 {
		cfg.Parts = All
	}
	if cfg.Name == "" {
		cfg.Name = "leat"
	}
	ring, err := cfg.PackKeys()
	if err != nil {
		return nil, &Error{S3, "--pack-key-file", err}
	}
	s := &Stores{Keys: keyring.New(ring)}
	list := s.attempts(cfg, log)
	errs := make([]error, len(list))
	opening, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	for i, p := range list {
		if cfg.Parts&p.part == 0 {
			continue
		}
		group.Go(func() {
			if errs[i] = p.Do(opening); errs[i] != nil {
				cancel()
			}
		})
	}
	group.Wait()
	if i := worst(errs); i >= 0 {
		s.Close()
		return nil, &Error{list[i].part, list[i].Flags, errs[i]}
	}
	if s.Catalog != nil {
		s.Keys.Use(s.Catalog.Keys)
	}
	return s, nil
}

// worst returns the place of the first error that is not the consequence of another error, or -1 if
// there is none.
func worst(errs []error) int {
	first := slices.IndexFunc(errs, func(err error) bool { return err != nil && !errors.Is(err, context.Canceled) })
	if first < 0 {
		first = slices.IndexFunc(errs, func(err error) bool { return err != nil })
	}
	return first
}

type attempt struct {
	part Parts
	Attempt
}

// attempts returns an attempt for each store. Each sets a field of its own, so all may run at once.
func (s *Stores) attempts(cfg Config, log *slog.Logger) []attempt {
	list := []attempt{
		{Postgres, Attempt{"Postgres", "--postgres-url", func(ctx context.Context) (err error) {
			s.Catalog, err = catalog.Open(ctx, cfg.Catalog())
			return err
		}}},
		{NATS, Attempt{"NATS", "--nats-url", func(ctx context.Context) (err error) {
			s.Broker, err = broker.Connect(ctx, cfg.Broker(cfg.Name), log)
			return err
		}}},
		{S3, Attempt{"S3", "--s3-url", func(ctx context.Context) (err error) {
			where := cfg.Blob()
			where.Sealer = s.Keys
			s.Blobs, err = blob.Open(ctx, where)
			return err
		}}},
		{Qdrant, Attempt{"Qdrant", "--qdrant-url", func(ctx context.Context) (err error) {
			s.Points, err = cfg.OpenVector(ctx)
			return err
		}}},
	}
	if cfg.Wait {
		for i, a := range list {
			list[i].Do = func(ctx context.Context) error { return a.Persist(ctx, log) }
		}
	}
	return list
}

// Ready returns an error that names each open store that does not answer.
func (s *Stores) Ready(ctx context.Context) error {
	var errs []error
	if s.Catalog != nil {
		errs = append(errs, s.Catalog.Ready(ctx))
	}
	if s.Broker != nil {
		errs = append(errs, s.Broker.Ready(ctx))
	}
	if s.Blobs != nil {
		errs = append(errs, s.Blobs.Ready(ctx))
	}
	if s.Points != nil {
		errs = append(errs, s.Points.Ready(ctx))
	}
	return errors.Join(errs...)
}

// Warnings lists the unsafe properties of stores that answer.
func (s *Stores) Warnings() []string {
	if text := s.Broker.Warning(); text != "" {
		return []string{text}
	}
	return nil
}

// Close closes the open stores.
func (s *Stores) Close() {
	if s.Broker != nil {
		s.Broker.Close()
	}
	if s.Points != nil {
		_ = s.Points.Close()
	}
	if s.Blobs != nil {
		s.Blobs.Close()
	}
	if s.Catalog != nil {
		s.Catalog.Close()
	}
}
