// Package worker assembles the workers: it opens the stores, prepares them,
// and runs a step over them until it is told to stop.
//
// The four cmd/ binaries and `leat dev` run the same code; the difference is
// only who provides the configuration.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/vector"
)

// Stores are the four stores, ready for work.
type Stores struct {
	Catalog    *catalog.Catalog
	Broker     *broker.Broker
	Blobs      *blob.Store
	Points     vector.Store
	Generation catalog.Generation // that was active when they were opened

	// OpenEmbedder opens a model by its name.
	OpenEmbedder func(name string) (embedder.Embedder, error)

	topology broker.Topology // that the workers bind to
	alias    string          // of the active generation's collection
	lease    time.Duration   // of work under way; 0 is the catalog's default
}

// Open connects to the four stores and prepares them: it waits for those that
// are not up yet, migrates the catalog, and sees that the generation, its
// collection, the streams and the consumers exist. Any number of processes may
// do so at once. It returns early only if waiting cannot help.
func Open(ctx context.Context, cfg config.Stores, name string, log *slog.Logger) (*Stores, error) {
	s := &Stores{alias: cfg.Index, lease: cfg.Lease}
	s.OpenEmbedder = func(name string) (embedder.Embedder, error) { return cfg.OpenEmbedder(name, s.Catalog.Usage, log) }
	for _, p := range []part{
		{"Postgres", "--postgres-url", func(ctx context.Context) (err error) { s.Catalog, err = catalog.Open(ctx, cfg.Catalog()); return err }},
		{"NATS", "--nats-url", func(ctx context.Context) (err error) {
			s.Broker, err = broker.Connect(ctx, cfg.Broker("leat-"+name), log)
			return err
		}},
		{"S3", "--s3-url", func(ctx context.Context) (err error) { s.Blobs, err = blob.Open(ctx, cfg.Blob()); return err }},
		{"Qdrant", "--qdrant-url", func(ctx context.Context) (err error) { s.Points, err = cfg.OpenVector(ctx); return err }},
		{"the index", "--index, --embedder", func(ctx context.Context) error { return s.prepare(ctx, cfg, log) }},
	} {
		if err := p.persist(ctx, log); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

// part is one of the things to open.
type part struct {
	name, flags string
	open        func(context.Context) error
}

// prepare makes what the workers bind to.
func (s *Stores) prepare(ctx context.Context, cfg config.Stores, log *slog.Logger) error {
	if err := s.Catalog.Schema.Up(ctx); err != nil {
		return err
	}
	first, err := s.OpenEmbedder(cfg.NewEmbedder())
	if err != nil {
		return fault.Reject(err)
	}
	if s.Generation, err = s.Catalog.Generations.Ensure(ctx, cfg.Index, ModelOf(first)); err != nil {
		return err
	}
	model := s.Generation.Embedder
	if err := model.Check(ModelOf(first)); err != nil {
		return err
	}
	if cfg.Embedder != "" && cfg.Embedder != model.Name {
		log.Warn("the index has another embedder than is configured; 'leat rebuild --embedder' changes it", "index", model.Name, "configured", cfg.Embedder)
	}
	if err := s.Upkeep(config.Upkeep{}, log).Ensure(ctx); err != nil {
		return err
	}
	s.topology = broker.DefaultTopology()
	cfg.Limit(&s.topology)
	if cfg.AckWait > 0 {
		s.topology.AckWait = cfg.AckWait
	}
	topology := s.topology
	topology.Generations = []broker.Generation{{Number: s.Generation.Number, Embedder: model.Name}}
	return s.Broker.Ensure(ctx, topology)
}

// persist tries until open succeeds, waiting cannot help, or ctx ends.
func (p part) persist(ctx context.Context, log *slog.Logger) error {
	const most = 15 * time.Second
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, most) {
		err := p.open(ctx)
		if err == nil {
			return nil
		}
		if kind, _ := fault.Of(err); kind == fault.KindReject {
			return fmt.Errorf("open %s (%s): %w", p.name, p.flags, err)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("open %s: %w", p.name, errors.Join(ctx.Err(), err))
		}
		log.Warn("not ready yet; trying again", "store", p.name, "wait", wait, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(wait/2 + rand.N(wait/2)):
		}
	}
}

// Ready says which store does not answer.
func (s *Stores) Ready(ctx context.Context) error {
	return errors.Join(s.Catalog.Ready(ctx), s.Broker.Ready(ctx), s.Blobs.Ready(ctx), s.Points.Ready(ctx))
}

// Close closes what has been opened.
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
