// Package worker assembles the workers: it opens the stores, prepares them,
// and runs a step over them until it is told to stop.
//
// The worker binaries under cmd/ and `leat dev` run the same code. Only the source of the
// configuration differs.
package worker

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/vector"
)

// Stores are the four stores, ready for work.
type Stores struct {
	*store.Stores
	Generation catalog.Generation // the active one at the time of opening

	// OpenEmbedder opens a model by its name.
	OpenEmbedder func(name string) (embedder.Embedder, error)

	// Meter counts and times the work of the workers over these stores. Default:
	// none.
	Meter metric.Meter

	// Health is the server of the process's health checks. Default: none.
	Health *Health

	topology broker.Topology // that the workers bind to
	alias    string          // of the active generation's collection
	lease    time.Duration   // of work under way; 0 is the catalog's default
	hands    *pipeline.Hands // records the messages that the worker has in hand; nil: not recorded
}

// Open connects to the four stores and prepares them. It waits for stores that are not up yet,
// migrates the catalog, and creates the generation, its collection, the streams and the consumers
// if they are missing. Any number of processes may do so at once. It returns early only if waiting
// cannot help.
func Open(ctx context.Context, cfg config.Stores, name string, log *slog.Logger) (*Stores, error) {
	opened, err := store.Open(ctx, store.Config{Stores: cfg, Name: "leat-" + name, Wait: true}, log)
	if err != nil {
		return nil, err
	}
	s := &Stores{Stores: opened, alias: cfg.Index, lease: cfg.Lease}
	s.OpenEmbedder = func(name string) (embedder.Embedder, error) { return cfg.OpenEmbedder(name, s.Catalog.Usage, log) }
	prepare := store.Attempt{Name: "the index", Flags: "--index, --embedder", Do: func(ctx context.Context) error {
		return s.prepare(ctx, cfg, log)
	}}
	if err := prepare.Persist(ctx, log); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// prepare makes the schema, the generation, the collection, the streams and the
// consumers that the workers use.
func (s *Stores) prepare(ctx context.Context, cfg config.Stores, log *slog.Logger) error {
	if err := s.Catalog.Schema.Up(ctx); err != nil {
		return err
	}
	first, err := s.OpenEmbedder(cfg.NewEmbedder())
	if err != nil {
		return fault.Reject(err)
	}
	if s.Generation, err = s.Catalog.Generations.Ensure(ctx, cfg.Index, store.ModelOf(first)); err != nil {
		return err
	}
	model := s.Generation.Embedder
	if err := model.Check(store.ModelOf(first)); err != nil {
		return err
	}
	if cfg.Embedder != "" && cfg.Embedder != model.Name {
		log.Warn("the index has another embedder than the configuration; change it with 'leat rebuild --embedder'",
			"index", model.Name, "configured", cfg.Embedder)
	}
	if err := s.Upkeep(config.Upkeep{}, log).Ensure(ctx); err != nil {
		return err
	}
	if err := s.compareLayout(ctx, cfg.Layout.Of(), log); err != nil {
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

// compareLayout warns of a collection whose layout differs from the configuration. The collection
// still serves; only a new one can have another layout.
func (s *Stores) compareLayout(ctx context.Context, want vector.Layout, log *slog.Logger) error {
	held, err := s.Points.Layout(ctx, s.Generation.Collection)
	if err != nil {
		return err
	}
	if list := want.Differences(held); len(list) > 0 {
		log.Warn("the layout of the collection differs from the configuration; 'leat rebuild' makes a collection as configured",
			"collection", s.Generation.Collection, "differences", strings.Join(list, ", "))
	}
	return nil
}

func (s *Stores) meter() metric.Meter {
	if s.Meter == nil {
		return noop.Meter{}
	}
	return s.Meter
}
