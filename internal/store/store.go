package store

import (
	"context"
	"errors"
	"log/slog"

	"github.com/leatworks/leat/internal/config"
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
}

// Open connects to the parts that cfg names. With Wait it returns early only if
// waiting cannot help; without, it returns an *Error for the first store that
// cannot be opened. On an error nothing stays open.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*Stores, error) {
	if cfg.Parts == 0 {
		cfg.Parts = All
	}
	if cfg.Name == "" {
		cfg.Name = "leat"
	}
	s := &Stores{}
	for _, p := range []struct {
		part Parts
		Attempt
	}{
		{Postgres, Attempt{"Postgres", "--postgres-url", func(ctx context.Context) (err error) {
			s.Catalog, err = catalog.Open(ctx, cfg.Catalog())
			return err
		}}},
		{NATS, Attempt{"NATS", "--nats-url", func(ctx context.Context) (err error) {
			s.Broker, err = broker.Connect(ctx, cfg.Broker(cfg.Name), log)
			return err
		}}},
		{S3, Attempt{"S3", "--s3-url", func(ctx context.Context) (err error) {
			s.Blobs, err = blob.Open(ctx, cfg.Blob())
			return err
		}}},
		{Qdrant, Attempt{"Qdrant", "--qdrant-url", func(ctx context.Context) (err error) {
			s.Points, err = cfg.OpenVector(ctx)
			return err
		}}},
	} {
		if cfg.Parts&p.part == 0 {
			continue
		}
		open := p.Do
		if cfg.Wait {
			open = func(ctx context.Context) error { return p.Persist(ctx, log) }
		}
		if err := open(ctx); err != nil {
			s.Close()
			return nil, &Error{p.part, p.Flags, err}
		}
	}
	return s, nil
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
