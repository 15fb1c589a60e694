// Package dormant takes away the points of tracks that nobody searches, and brings them back
// when somebody does.
//
// A dormant track costs rows in Postgres and packs in S3, but no memory of the vector store.
// The catalog says which tracks are dormant; the package makes it so. It brings points back
// from stored vectors through the indexer, and never embeds a text of its own accord.
package dormant

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

// Config says when tracks fall asleep.
type Config struct {
	// After is the time without a search after which a track falls asleep. 0: never.
	After time.Duration
	// Interval is the time between two looks for tracks that turn. Default: DefaultInterval.
	Interval time.Duration
}

const (
	// DefaultInterval is short, because somebody waits for a track that wakes.
	DefaultInterval = 500 * time.Millisecond

	unsearchedEvery = time.Minute // between two looks for tracks that nobody searches
	againEvery      = 5 * time.Second
	tracksAtOnce    = 100
	documentsAtOnce = 1000
	sortedAtOnce    = 50_000 // ids in memory
	// bulkDocuments bounds the documents of a track that wakes in the live lane. A larger one
	// wakes in the bulk lane, so that pushes do not wait behind it.
	bulkDocuments = 500
)

// lock is the advisory lock of the syncer that turns tracks.
const lock = 0x6c656174_00000006

// Documents are the documents of the tracks. The catalog holds them.
type Documents interface {
	Documents(ctx context.Context, ids []uuid.UUID) ([]catalog.Document, error)
}

// Keeper turns tracks.
type Keeper struct {
	cfg         Config
	documents   Documents
	dormancy    *catalog.Dormancy
	generations *catalog.Generations
	locks       *catalog.Locks
	points      vector.Store
	events      *announce.Publisher
	log         *slog.Logger

	looked time.Time               // when tracks that nobody searches were last looked for
	handed map[uuid.UUID]time.Time // when all documents of a track that wakes were last handed on
}

// New returns a Keeper.
func New(
	cfg Config, d Documents, dormancy *catalog.Dormancy, g *catalog.Generations, locks *catalog.Locks,
	points vector.Store, p *announce.Publisher, log *slog.Logger,
) *Keeper {
	if cfg.Interval == 0 {
		cfg.Interval = DefaultInterval
	}
	return &Keeper{
		cfg: cfg, documents: d, dormancy: dormancy, generations: g, locks: locks, points: points, events: p, log: log,
		handed: make(map[uuid.UUID]time.Time),
	}
}

// Run looks at an interval until ctx ends. A look that fails is logged; the next may succeed.
func (k *Keeper) Run(ctx context.Context) {
	ticker := time.NewTicker(k.cfg.Interval)
	defer ticker.Stop()
	for {
		if _, err := k.locks.Try(ctx, lock, k.Look); err != nil && ctx.Err() == nil {
			k.log.Error("tracks that fall asleep or wake could not be looked after; will be tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Look lets tracks fall asleep that nobody searches, and takes every turning track one step
// further. Only one goroutine at a time may call it.
func (k *Keeper) Look(ctx context.Context) error {
	if err := k.sleepUnsearched(ctx); err != nil {
		return err
	}
	var errs []error
	for after := uuid.Nil; ; {
		turns, err := k.dormancy.Turns(ctx, after, tracksAtOnce)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		for _, t := range turns {
			errs = append(errs, k.turn(ctx, t))
			after = t.Track
		}
		if len(turns) < tracksAtOnce || ctx.Err() != nil {
			return errors.Join(errs...)
		}
	}
}

func (k *Keeper) sleepUnsearched(ctx context.Context) error {
	if k.cfg.After <= 0 || time.Since(k.looked) < unsearchedEvery {
		return nil
	}
	n, err := k.dormancy.SleepUnsearched(ctx, k.cfg.After, tracksAtOnce)
	if n > 0 {
		k.log.Info("tracks fall asleep, because nobody searched them", "tracks", n, "for", k.cfg.After)
	}
	if err == nil && n < tracksAtOnce {
		k.looked = time.Now()
	}
	return err
}

func (k *Keeper) turn(ctx context.Context, t catalog.Turn) error {
	do := k.wake
	if t.Dormant {
		do = k.sleep
	}
	if err := do(ctx, t.Track); err != nil {
		return err
	}
	done, err := k.dormancy.End(ctx, t)
	if err != nil || !done {
		return err
	}
	delete(k.handed, t.Track)
	k.log.Info("a track has turned", "track", t.Track, "dormant", t.Dormant)
	return nil
}
