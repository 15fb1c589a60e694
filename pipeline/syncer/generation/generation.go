// Package generation takes the builds of the index from state to state.
//
// It fills a new generation, compares it with the catalog, points the alias at it,
// and drops generations that were cancelled or have been retired for long enough. It
// works from the catalog and the stores alone, so any syncer goes on where another
// ended.
package generation

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/point"
	"github.com/leatworks/leat/pipeline/vector"
)

// Config says how generations are looked after.
type Config struct {
	// Alias names the active generation's collection in the vector store. Required.
	Alias string
	// Interval is the time between two looks. Default: DefaultInterval.
	Interval time.Duration
	// Retention is how long a retired generation is kept, during which the index
	// can be rolled back. 0: it goes at once.
	Retention time.Duration
	// Grace is how long workers have to notice that a generation is being dropped,
	// before its collection is. 0: none.
	Grace time.Duration
}

// The defaults.
const (
	DefaultInterval  = 500 * time.Millisecond
	DefaultRetention = 24 * time.Hour
	DefaultGrace     = 10 * time.Second
)

// lock is the advisory lock of the syncer that looks after generations.
const lock = 0x6c656174_00000004

// Streams are the operations on the event streams that generations need. A generation has
// consumers of its own for the indexer. The consumers of its embedder may serve other
// generations too: ownEmbedder says whether a call concerns them as well.
type Streams interface {
	// Ensure makes the streams, and the consumers of the live generations of the
	// list, where they are missing.
	Ensure(ctx context.Context, list []catalog.GenerationStatus) error
	// Lag counts the messages that wait for the generation's consumers, and those
	// that workers have taken and not settled.
	Lag(ctx context.Context, g catalog.Generation, ownEmbedder bool) (waiting, inFlight uint64, err error)
	// Drop deletes the generation's consumers. It is no error if they are gone.
	Drop(ctx context.Context, g catalog.Generation, ownEmbedder bool) error
	// Tell tells everybody that a generation has changed. It may be lost.
	Tell() error
	// Told signals when somebody has called Tell.
	Told() (told <-chan struct{}, stop func(), err error)
}

// Documents are the documents whose points a generation is to have. The catalog
// holds them.
type Documents interface {
	point.Documents
	Documents(ctx context.Context, ids []uuid.UUID) ([]catalog.Document, error)
}

// Keeper looks after the generations.
type Keeper struct {
	cfg         Config
	documents   Documents
	generations *catalog.Generations
	locks       *catalog.Locks
	streams     Streams
	points      vector.Store
	events      *announce.Publisher
	log         *slog.Logger

	matched matched // of the last generation that was found equal to the catalog
}

// matched is what the catalog demanded of a generation when the generation was found
// equal.
type matched struct {
	number int64
	demand point.Demand
}

// New returns a Keeper.
func New(
	cfg Config, d Documents, g *catalog.Generations, locks *catalog.Locks,
	streams Streams, points vector.Store, p *announce.Publisher, log *slog.Logger,
) *Keeper {
	if cfg.Interval == 0 {
		cfg.Interval = DefaultInterval
	}
	return &Keeper{cfg: cfg, documents: d, generations: g, locks: locks, streams: streams, points: points, events: p, log: log}
}

// Run looks at an interval, and when it is told of a change, until ctx ends. A look that
// fails is logged; the next may succeed.
func (k *Keeper) Run(ctx context.Context) {
	told, stop, err := k.streams.Told()
	if err != nil {
		k.log.Warn("changes of generations are noticed at an interval only", "error", err)
	} else {
		defer stop()
	}
	ticker := time.NewTicker(k.cfg.Interval)
	defer ticker.Stop()
	for {
		if _, err := k.locks.Try(ctx, lock, k.Look); err != nil && ctx.Err() == nil {
			k.log.Error("looking after generations failed; will be tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-told:
		case <-ticker.C:
		}
	}
}

// tell tells everybody of a change. A process that misses it looks at an interval
// anyway.
func (k *Keeper) tell() {
	if err := k.streams.Tell(); err != nil {
		k.log.Warn("telling of a change of generations failed", "error", err)
	}
}

// Look does for each generation what its state asks for.
func (k *Keeper) Look(ctx context.Context) error {
	list, err := k.generations.List(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, g := range list { // quick ones first
		var err error
		switch {
		case g.State == catalog.GenerationRetired && g.Age >= k.cfg.Retention:
			err = k.generations.DropRetired(ctx, g.Number)
		case g.State == catalog.GenerationDropping && g.Age >= k.cfg.Grace:
			err = k.drop(ctx, g, list)
		}
		errs = append(errs, err)
	}
	for _, g := range list {
		switch {
		case g.State == catalog.GenerationBuilding:
			errs = append(errs, k.explain(ctx, g, k.build(ctx, g, list)))
		case g.State == catalog.GenerationActive && !g.Verified:
			errs = append(errs, k.explain(ctx, g, k.takeOver(ctx, g, list)))
		}
	}
	return errors.Join(errs...)
}

// explain records for people why a generation does not go on.
func (k *Keeper) explain(ctx context.Context, g catalog.GenerationStatus, err error) error {
	reason := ""
	if err != nil {
		reason = err.Error()
	}
	if ctx.Err() != nil || reason == g.Error {
		return err
	}
	return errors.Join(err, k.generations.Explain(ctx, g.Number, reason))
}
