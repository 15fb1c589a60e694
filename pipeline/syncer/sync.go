// Package syncer is the syncer's step: it makes true what the catalog says.
//
// It is level-triggered. It does not follow events; it looks at what is, and
// acts on the difference. Any number of syncers may run: an advisory lock sees
// that one acts at a time.
//
// owed.go publishes again what is due and not under way. schedule.go does work
// at intervals, and remembers its runs: scrub.go reads every pack and repairs
// it, garbage.go collects what nothing refers to, points.go compares the vector
// store with the catalog, by checksum.go and where that differs by compare.go.
// verify.go compares the catalog with the vector store and the object store;
// digest.go hashes what the index holds. collection.go sees that there is a
// place for points.
package syncer

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Config says how often the syncer looks, and how much it takes at once.
type Config struct {
	Interval time.Duration // between two looks; default 5 s
	Most     int           // documents in memory together; default 1,000

	// Topology is what there is to be in NATS, but for the generations: the
	// catalog knows those. Default: broker.DefaultTopology.
	Topology broker.Topology

	// PollInterval is how often each track's remote is asked whether it has
	// moved, for repositories whose pushes nobody tells. Default: never.
	PollInterval time.Duration
}

// The defaults.
const (
	DefaultInterval = 5 * time.Second
	DefaultMost     = 1000
)

// KindOwed is the work of a look: what is due is compared with what waits in
// the streams, and published again where it is not there.
const KindOwed = "owed"

// syncLock is the advisory lock of the syncer that acts.
const syncLock = 0x6c656174_00000003

// Step is the syncer.
type Step struct {
	cfg     Config
	catalog *catalog.Catalog
	broker  *broker.Broker
	events  *announce.Publisher
	log     *slog.Logger
}

// New returns a syncer.
func New(cfg Config, c *catalog.Catalog, b *broker.Broker, p *announce.Publisher, log *slog.Logger) *Step {
	if cfg.Interval == 0 {
		cfg.Interval = DefaultInterval
	}
	if cfg.Most == 0 {
		cfg.Most = DefaultMost
	}
	if cfg.Topology.Replicas == 0 {
		cfg.Topology = broker.DefaultTopology()
	}
	return &Step{cfg: cfg, catalog: c, broker: b, events: p, log: log}
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
		if _, err := s.catalog.Locks.Try(ctx, syncLock, s.Look); err != nil && ctx.Err() == nil {
			s.log.Error("sync failed; will be tried again", "error", err)
		}
		if err := s.Forget(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("forgetting failed; will be tried again", "error", err)
		}
	}
}

// Look does one round of the syncer's work, and remembers it if it had to
// publish anything. It begins with the streams: where
// NATS has lost them, nothing could be published, and without the intake
// nothing be submitted, however little is owed.
func (s *Step) Look(ctx context.Context) error {
	began := time.Now()
	var did catalog.Tally
	err := s.look(ctx, &did)
	if did.Found == 0 || ctx.Err() != nil {
		return err
	}
	reason := ""
	if err != nil {
		reason = err.Error()
	}
	return errors.Join(err, s.catalog.Schedule.Record(ctx, KindOwed, began, did, reason))
}

func (s *Step) look(ctx context.Context, did *catalog.Tally) error {
	list, err := s.catalog.Generations.List(ctx)
	if err != nil {
		return err
	}
	if err := s.broker.Ensure(ctx, topology(s.cfg.Topology, list)); err != nil {
		return err
	}
	if err := s.snapshots(ctx); err != nil {
		return err
	}
	if err := s.poll(ctx); err != nil {
		return err
	}
	if err := s.submissions(ctx, did); err != nil {
		return err
	}
	return s.documents(ctx, did)
}
