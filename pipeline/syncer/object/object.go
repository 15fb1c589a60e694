// Package object keeps the objects of S3 true to the catalog's packs.
//
// A scrub reads every pack and mends the damaged ones. A collection deletes
// content that nothing refers to, compacts packs that are mostly dead, and
// deletes objects that no pack names.
package object

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/content"
	"github.com/leatworks/leat/pipeline/extract"
	"github.com/leatworks/leat/pipeline/git"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// The kinds of work on objects.
const (
	KindScrub   catalog.WorkKind = "scrub"
	KindGarbage catalog.WorkKind = "garbage"
	KindCool    catalog.WorkKind = "cool"
)

// coolEvery is the time between two looks for packs that have become old.
const coolEvery = 6 * time.Hour

// DefaultScrubRate leaves a store of two disks most of its speed.
const DefaultScrubRate = 16 << 20

// Config says how often the catalog and S3 are compared, and how fast.
type Config struct {
	ScrubInterval   time.Duration // between two readings of all packs; 0: never
	ScrubRate       int64         // bytes read per second; default 16 MiB
	GarbageInterval time.Duration // between two collections; 0: never

	// ColdClass is the class of storage for the objects of packs that are older than ColdAfter,
	// as S3 names it. "": they stay in the class in which they were written.
	ColdClass string
	ColdAfter time.Duration

	// Formats says how PDF, .docx and HTML files are read.
	Formats extract.Config

	// Grace is how long content that no document refers to is kept, in case a
	// document refers to it again, and how long a deleted pack's object stays
	// for readers that are under way. Correctness does not depend on it. 0: none.
	Grace time.Duration
}

// Models lists the ids of the embedders whose vectors are stored.
// [catalog.Generations] does.
type Models interface {
	Embedders(ctx context.Context) ([]int32, error)
}

// Keeper keeps the catalog's packs and the objects of S3 true to each other.
type Keeper struct {
	cfg      Config
	packs    *catalog.Packs
	garbage  *catalog.Garbage
	models   Models
	blobs    *blob.Store
	mirrors  *git.Mirrors // nil: no text can be read again
	contents content.Reader
	limit    *rate.Limiter
	log      *slog.Logger
}

// New returns a Keeper. Without mirrors it cannot read a lost text again.
func New(
	cfg Config, p *catalog.Packs, g *catalog.Garbage, m Models, blobs *blob.Store, mirrors *git.Mirrors, log *slog.Logger,
) *Keeper {
	if cfg.ScrubRate == 0 {
		cfg.ScrubRate = DefaultScrubRate
	}
	return &Keeper{
		cfg: cfg, packs: p, garbage: g, models: m, blobs: blobs, mirrors: mirrors, contents: content.New(cfg.Formats), log: log,
		limit: rate.NewLimiter(rate.Limit(cfg.ScrubRate), int(min(cfg.ScrubRate, 1<<30))),
	}
}

// Work returns the work that a schedule is to do.
func (k *Keeper) Work() []schedule.Work {
	work := []schedule.Work{
		{Kind: KindScrub, Interval: k.cfg.ScrubInterval, Do: k.Scrub},
		{Kind: KindGarbage, Interval: k.cfg.GarbageInterval, Do: k.Collect},
	}
	if k.cfg.ColdClass != "" {
		work = append(work, schedule.Work{Kind: KindCool, Interval: coolEvery, Do: k.Cool})
	}
	return slices.DeleteFunc(work, func(w schedule.Work) bool { return w.Interval == 0 })
}

// Repaired is the result of a repair.
type Repaired struct {
	Packs     int64 // written again
	Objects   int64 // deleted, because the catalog does not know them
	Documents int64 // queued for the embedder, because some of their vectors are lost
}

// Repair reads every pack once, at full speed, repairs what can be repaired,
// and deletes the objects that the catalog does not know. It does this work at
// once, and the schedule records it. Losses are in the log, and the next
// comparison finds them again.
func (k *Keeper) Repair(ctx context.Context, at *schedule.Schedule) (did Repaired, err error) {
	full := scrub{Keeper: k, limit: rate.NewLimiter(rate.Inf, 0), anyLoss: true}
	scrubbed, err := at.Now(ctx, schedule.Work{Kind: KindScrub, Do: func(ctx context.Context, run *schedule.Run) (err error) {
		did.Documents, err = full.run(ctx, run)
		return err
	}})
	did.Packs = scrubbed.Repaired
	var lost schedule.Unrepaired
	if err != nil && !errors.As(err, &lost) {
		return did, err
	}
	orphans, err := at.Now(ctx, schedule.Work{Kind: KindGarbage, Do: func(ctx context.Context, run *schedule.Run) error {
		return k.deleteUnknown(ctx, run, 0)
	}})
	did.Objects = orphans.Repaired
	return did, err
}
