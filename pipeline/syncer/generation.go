package syncer

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

// GenerationConfig says how generations are looked after.
type GenerationConfig struct {
	// Alias names the active generation's collection in the vector store. Required.
	Alias string
	// Interval is the time between two looks. Default: DefaultGenerationInterval.
	Interval time.Duration
	// Retention is how long a retired generation is kept, in which the index can
	// be rolled back. 0: it goes at once.
	Retention time.Duration
	// Grace is how long workers have to notice that a generation goes, before its
	// collection does. 0: none.
	Grace time.Duration
	// Topology is that of Config.
	Topology broker.Topology
}

// The defaults.
const (
	DefaultGenerationInterval = 500 * time.Millisecond
	DefaultRetention          = 24 * time.Hour
	DefaultGrace              = 10 * time.Second
)

// generationLock is the advisory lock of the syncer that looks after generations.
const generationLock = 0x6c656174_00000004

// Generations sees the generations through their states: it builds the one that
// is being built, compares it with the catalog, points the alias at it, and
// drops what is cancelled, or retired for long enough. All that it goes by is in
// the catalog and in the stores, so that any syncer goes on where one ended.
type Generations struct {
	cfg     GenerationConfig
	catalog *catalog.Catalog
	broker  *broker.Broker
	points  vector.Store
	events  *announce.Publisher
	log     *slog.Logger
}

// NewGenerations returns what looks after generations.
func NewGenerations(cfg GenerationConfig, c *catalog.Catalog, b *broker.Broker, points vector.Store, p *announce.Publisher, log *slog.Logger) *Generations {
	if cfg.Interval == 0 {
		cfg.Interval = DefaultGenerationInterval
	}
	if cfg.Topology.Replicas == 0 {
		cfg.Topology = broker.DefaultTopology()
	}
	return &Generations{cfg: cfg, catalog: c, broker: b, points: points, events: p, log: log}
}

// topology is what there is to be in NATS for these generations.
func topology(t broker.Topology, list []catalog.GenerationStatus) broker.Topology {
	t.Generations = nil
	for _, g := range list {
		if g.Live() {
			t.Generations = append(t.Generations, consumersOf(g))
		}
	}
	return t
}

func consumersOf(g catalog.GenerationStatus) broker.Generation {
	return broker.Generation{Number: g.Number, Embedder: g.Embedder.Name}
}

// Run looks at an interval until ctx ends. A look that fails is logged; the next
// may succeed.
func (s *Generations) Run(ctx context.Context) {
	ticker := time.NewTicker(s.cfg.Interval)
	defer ticker.Stop()
	for {
		if _, err := s.catalog.Locks.Try(ctx, generationLock, s.Look); err != nil && ctx.Err() == nil {
			s.log.Error("looking after generations failed; will be tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Look does for each generation what its state asks for.
func (s *Generations) Look(ctx context.Context) error {
	list, err := s.catalog.Generations.List(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, g := range list { // what is quick comes first
		var err error
		switch {
		case g.State == catalog.GenerationRetired && g.Age >= s.cfg.Retention:
			err = s.catalog.Generations.DropRetired(ctx, g.Number)
		case g.State == catalog.GenerationDropping && g.Age >= s.cfg.Grace:
			err = s.drop(ctx, g, list)
		}
		errs = append(errs, err)
	}
	for _, g := range list {
		switch {
		case g.State == catalog.GenerationBuilding:
			errs = append(errs, s.explain(ctx, g, s.build(ctx, g, list)))
		case g.State == catalog.GenerationActive && !g.Verified:
			errs = append(errs, s.explain(ctx, g, s.takeOver(ctx, g, list)))
		}
	}
	return errors.Join(errs...)
}

// explain lets people see why a generation does not go on.
func (s *Generations) explain(ctx context.Context, g catalog.GenerationStatus, err error) error {
	reason := ""
	if err != nil {
		reason = err.Error()
	}
	if ctx.Err() != nil || reason == g.Error {
		return err
	}
	return errors.Join(err, s.catalog.Generations.Explain(ctx, g.Number, reason))
}

// point sees that the alias names the active generation's collection.
func (s *Generations) point(ctx context.Context, g catalog.GenerationStatus) error {
	name, found, err := s.points.Alias(ctx, s.cfg.Alias)
	if err != nil || found && name == g.Collection {
		return err
	}
	if err := s.points.SetAlias(ctx, s.cfg.Alias, g.Collection); err != nil {
		return err
	}
	s.log.Info("the index is swapped", "generation", g.Number, "collection", g.Collection, "before", name)
	return nil
}

// build brings a generation on: its consumers and its collection, then, when
// these have caught up with the stream, the comparison, then the swap.
func (s *Generations) build(ctx context.Context, g catalog.GenerationStatus, list []catalog.GenerationStatus) error {
	e := g.Embedder
	if err := s.points.CreateCollection(ctx, g.Collection, e.Dimensions, e.Distance); err != nil {
		return err
	}
	if err := s.broker.Ensure(ctx, topology(s.cfg.Topology, list)); err != nil {
		return err
	}
	if err := s.sample(ctx, g); err != nil {
		return err
	}
	behind, err := s.behind(ctx, g, list)
	if err != nil || behind {
		return err
	}
	equal, err := s.match(ctx, g)
	if err != nil || !equal {
		return err
	}
	return s.swap(ctx, g)
}

// behind says whether the generation still has messages of the streams before
// it: of the chunked stream only if its embedder is a new one. One that is built
// from the catalog does not wait for them at first.
func (s *Generations) behind(ctx context.Context, g catalog.GenerationStatus, list []catalog.GenerationStatus) (bool, error) {
	if g.Source == catalog.SourceCatalog && !g.Sampled {
		return false, nil
	}
	shared := false
	for _, other := range list {
		shared = shared || other.State == catalog.GenerationActive && other.Embedder.ID == g.Embedder.ID
	}
	of := consumersOf(g)
	for _, c := range of.Consumers() {
		if shared && c.Stream == broker.StreamChunked {
			continue
		}
		lag, err := s.broker.Lag(ctx, c.Stream, c.Name)
		if err != nil || lag.Pending > 0 {
			return true, err
		}
	}
	return false, nil
}

// swap makes a generation the active one. The catalog comes first: a crash in
// between leaves the alias to the next look.
func (s *Generations) swap(ctx context.Context, g catalog.GenerationStatus) error {
	if still, err := s.catalog.Generations.MarkVerified(ctx, g.Number, catalog.GenerationBuilding); err != nil || !still {
		return err
	}
	if err := s.catalog.Generations.Activate(ctx, g.Number); err != nil {
		return err
	}
	list, err := s.catalog.Generations.List(ctx)
	if err != nil {
		return err
	}
	for _, now := range list {
		if now.Number == g.Number && now.State == catalog.GenerationActive {
			return s.takeOver(ctx, now, list)
		}
	}
	return nil
}

// takeOver points the alias at a generation that has become the active one, in
// one call, and sees to what happened while a generation became the active one: a
// message may have been lost between the comparison and the swap, when no
// document's state told of it yet. From now on states do.
func (s *Generations) takeOver(ctx context.Context, g catalog.GenerationStatus, list []catalog.GenerationStatus) error {
	if err := s.point(ctx, g); err != nil {
		return err
	}
	changed := false
	for _, before := range list {
		if before.State == catalog.GenerationRetired && before.StateAt.Equal(g.StateAt) {
			changed = before.Embedder.ID != g.Embedder.ID
		}
	}
	if err := s.catalog.Generations.TakeOver(ctx, g.Generation, changed); err != nil {
		return err
	}
	c := s.comparison(g)
	equal, _, err := c.equal(ctx)
	if err != nil {
		return err
	}
	if !equal {
		did, _, err := c.repair(ctx)
		if err != nil {
			return err
		}
		s.log.Info("the index was compared again after the swap", "generation", g.Number, "deleted", did.DeletedPoints, "documents", did.RequeuedDocuments)
	}
	_, err = s.catalog.Generations.MarkVerified(ctx, g.Number, catalog.GenerationActive)
	return err
}

func (s *Generations) comparison(g catalog.GenerationStatus) comparison {
	return comparison{catalog: s.catalog, points: s.points, collection: g.Collection}
}

// drop takes a generation away: its consumers, so that nothing is written any
// more, its collection, and last the row by which all this is known.
func (s *Generations) drop(ctx context.Context, g catalog.GenerationStatus, list []catalog.GenerationStatus) error {
	alone := true
	for _, other := range list {
		alone = alone && (!other.Live() || other.Embedder.ID != g.Embedder.ID)
	}
	if err := s.broker.DropGeneration(ctx, consumersOf(g), alone); err != nil {
		return err
	}
	if err := s.points.DropCollection(ctx, g.Collection); err != nil {
		return err
	}
	if err := s.catalog.Generations.Drop(ctx, g.Generation); err != nil {
		return err
	}
	s.log.Info("a generation is gone", "generation", g.Number, "collection", g.Collection)
	return nil
}

const (
	// sampleEvery is how often progress is measured: it counts all documents.
	sampleEvery = 4 * time.Second
	// sampleWeight is how much of the rate is that of the time since then.
	sampleWeight = 0.4
)

// sample records how far a generation has come, and how fast.
func (s *Generations) sample(ctx context.Context, g catalog.GenerationStatus) error {
	if g.Sampled && g.SampledAge < sampleEvery {
		return nil
	}
	n, err := s.points.CountAll(ctx, g.Collection)
	if err != nil {
		return err
	}
	chunks, err := s.catalog.Generations.CountChunks(ctx)
	if err != nil {
		return err
	}
	points, rate := int64(n), 0.0
	if g.Sampled {
		rate = float64(max(points-g.Points, 0)) / g.SampledAge.Seconds()
		if g.Rate > 0 {
			rate = sampleWeight*rate + (1-sampleWeight)*g.Rate
		}
	}
	return s.catalog.Generations.Sample(ctx, g.Number, points, chunks, rate)
}
