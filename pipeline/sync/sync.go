// Package sync is the syncer's step: it makes true what the catalog says.
//
// It is level-triggered. It does not follow events; it looks at what is, and
// acts on the difference. Any number of syncers may run: an advisory lock sees
// that one acts at a time.
//
// owed.go publishes again what is due and not under way. verify.go compares
// the catalog with the vector store and the object store; digest.go hashes
// what the index holds.
package sync

import (
	"context"
	"log/slog"
	"time"

	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Config says how often the syncer looks, and how much it takes at once.
type Config struct {
	Interval time.Duration // between two looks; default 5 s
	Most     int           // documents in memory together; default 1,000
}

// The defaults.
const (
	DefaultInterval = 5 * time.Second
	DefaultMost     = 1000
)

// syncLock is the advisory lock of the syncer that acts.
const syncLock = 0x6c656174_00000003

// Step is the syncer.
type Step struct {
	cfg        Config
	catalog    *catalog.Catalog
	broker     *broker.Broker
	generation catalog.Generation
	events     *pipeline.Publisher
	log        *slog.Logger
}

// New returns a syncer.
func New(cfg Config, c *catalog.Catalog, b *broker.Broker, g catalog.Generation, p *pipeline.Publisher, log *slog.Logger) *Step {
	if cfg.Interval == 0 {
		cfg.Interval = DefaultInterval
	}
	if cfg.Most == 0 {
		cfg.Most = DefaultMost
	}
	return &Step{cfg: cfg, catalog: c, broker: b, generation: g, events: p, log: log}
}

// Run looks at an interval until ctx ends. A look that fails is logged; the
// next may succeed.
func (s *Step) Run(ctx context.Context) {
	ticker := time.NewTicker(s.cfg.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if _, err := s.catalog.TryLock(ctx, syncLock, s.Look); err != nil && ctx.Err() == nil {
			s.log.Error("sync failed; will be tried again", "error", err)
			s.restore(ctx)
		}
	}
}

// Look does one round of the syncer's work.
func (s *Step) Look(ctx context.Context) error {
	if err := s.snapshots(ctx); err != nil {
		return err
	}
	if err := s.submissions(ctx); err != nil {
		return err
	}
	return s.documents(ctx)
}

// restore makes streams and consumers anew that NATS has lost: that may be why
// a look failed, and it is no reason for an operator to restart a worker.
func (s *Step) restore(ctx context.Context) {
	topology := broker.DefaultTopology(broker.Generation{Number: s.generation.Number, Embedder: s.generation.Embedder.Name})
	if err := s.broker.Ensure(ctx, topology); err != nil && ctx.Err() == nil {
		s.log.Error("the streams were not restored", "error", err)
	}
}
