package sync

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/time/rate"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/git"
)

// The kinds of work on objects.
const (
	KindScrub   = "scrub"
	KindGarbage = "garbage"
)

// Defaults of [ObjectConfig].
const (
	DefaultScrubInterval   = 24 * time.Hour
	DefaultScrubRate       = 16 << 20
	DefaultGarbageInterval = time.Hour
	DefaultGrace           = time.Hour
)

// ObjectConfig says how often the catalog and S3 are compared, and how hard.
type ObjectConfig struct {
	ScrubInterval   time.Duration // between two readings of all packs; default 24 h
	ScrubRate       int64         // bytes a second that are read; default 16 MiB
	GarbageInterval time.Duration // between two collections; default 1 h

	// Grace is how long content that no document refers to is kept for one
	// that may come back, and a deleted object for who may be reading it.
	// Nothing depends on it: 0 is none. Use DefaultGrace.
	Grace time.Duration
}

// Objects keeps the catalog's packs and the objects of S3 true to each other.
type Objects struct {
	cfg     ObjectConfig
	catalog *catalog.Catalog
	blobs   *blob.Store
	mirrors *git.Mirrors // nil: no text can be read again
	limit   *rate.Limiter
	log     *slog.Logger

	// EmbedAgain counts the documents that a scrub made due for the embedder.
	EmbedAgain int64
	// anyLoss lets a scrub go on however much is missing.
	anyLoss bool
}

// NewObjects fills in the defaults. Without mirrors, text that is lost cannot
// be read again.
func NewObjects(cfg ObjectConfig, c *catalog.Catalog, blobs *blob.Store, mirrors *git.Mirrors, log *slog.Logger) *Objects {
	if cfg.ScrubInterval == 0 {
		cfg.ScrubInterval = DefaultScrubInterval
	}
	if cfg.ScrubRate == 0 {
		cfg.ScrubRate = DefaultScrubRate
	}
	if cfg.GarbageInterval == 0 {
		cfg.GarbageInterval = DefaultGarbageInterval
	}
	return &Objects{
		cfg: cfg, catalog: c, blobs: blobs, mirrors: mirrors, log: log,
		limit: rate.NewLimiter(rate.Limit(cfg.ScrubRate), int(min(cfg.ScrubRate, 1<<30))),
	}
}

// Work is what a schedule is to do.
func (o *Objects) Work() []Work {
	return []Work{
		{KindScrub, o.cfg.ScrubInterval, o.Scrub},
		{KindGarbage, o.cfg.GarbageInterval, o.Collect},
	}
}

// Repair reads every pack once, at full speed, repairs what can be repaired,
// and deletes the objects that the catalog does not know. It counts packs and
// objects. An Unrepaired names what is lost.
func (o *Objects) Repair(ctx context.Context) (catalog.Tally, error) {
	once := *o
	once.limit, once.anyLoss, once.cfg.Grace = rate.NewLimiter(rate.Inf, 0), true, 0
	schedule := Schedule{Catalog: o.catalog, Log: o.log}
	scrubbed, scrubErr := schedule.Now(ctx, Work{Kind: KindScrub, Do: once.Scrub})
	o.EmbedAgain = once.EmbedAgain
	var lost Unrepaired
	if scrubErr != nil && !errors.As(scrubErr, &lost) {
		return scrubbed, scrubErr
	}
	orphans, err := schedule.Now(ctx, Work{Kind: KindGarbage, Do: once.orphans})
	return catalog.Tally{
		Compared: scrubbed.Compared + orphans.Compared, Found: scrubbed.Found + orphans.Found, Repaired: scrubbed.Repaired + orphans.Repaired,
	}, errors.Join(scrubErr, err)
}

// rewrite is items on their way into a new pack.
type rewrite struct {
	objects *Objects
	vector  bool
	pack    *blob.Pack
	items   []catalog.PackItem
	from    []string
}

func (o *Objects) rewrite(vector bool) *rewrite {
	kind := blob.Text
	if vector {
		kind = blob.Vector
	}
	return &rewrite{objects: o, vector: vector, pack: o.blobs.NewPack(kind)}
}

// add takes an item whose content has been proved.
func (r *rewrite) add(item catalog.PackItem, content []byte) error {
	if err := r.pack.Add(content); err != nil {
		return err
	}
	r.items = append(r.items, item)
	return nil
}

// finish stores the new pack and points the items at it.
func (r *rewrite) finish(ctx context.Context) error {
	if len(r.items) == 0 {
		_, err := r.objects.catalog.MarkPacksDeleted(ctx, r.from) // those that hold nothing
		return err
	}
	err := r.put(ctx)
	if errors.Is(err, catalog.ErrVanished) { // there was such a pack, and it was deleted
		r.pack.Salt()
		err = r.put(ctx)
	}
	return err
}

func (r *rewrite) put(ctx context.Context) error {
	object, spans, err := r.pack.Put(ctx)
	if err != nil {
		return err
	}
	for i := range r.items {
		r.items[i].Span = catalog.Span(spans[i])
	}
	return r.objects.catalog.MoveItems(ctx, catalog.Move{From: r.from, Into: catalog.Pack(object), Items: r.items}, r.vector)
}

// isDamage says that an error is of the object, not of the way to it.
func isDamage(err error) bool {
	return errors.Is(err, blob.ErrMissing) || errors.Is(err, blob.ErrCorrupt)
}

// prove compares a text with its name. A vector has nothing but its checksum.
func prove(item catalog.PackItem, content []byte, vector bool) error {
	if sum := sha256.Sum256(content); !vector && !bytes.Equal(sum[:], item.Hash[:]) {
		return fmt.Errorf("blob %x: the content has SHA-256 %x: %w", item.Hash, sum, blob.ErrCorrupt)
	}
	return nil
}
