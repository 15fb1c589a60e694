package syncer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/content"
	"github.com/leatworks/leat/pipeline/extract"
	"github.com/leatworks/leat/pipeline/git"
)

// The kinds of work on objects.
const (
	KindScrub   = "scrub"
	KindGarbage = "garbage"
)

// DefaultScrubRate leaves a store of two disks most of its speed.
const DefaultScrubRate = 16 << 20

// ObjectConfig says how often the catalog and S3 are compared, and how hard.
type ObjectConfig struct {
	ScrubInterval   time.Duration // between two readings of all packs; 0: never
	ScrubRate       int64         // bytes a second that are read; default 16 MiB
	GarbageInterval time.Duration // between two collections; 0: never

	// Formats says how PDF, .docx and HTML files are read.
	Formats extract.Config

	// Grace is how long content that no document refers to is kept for one
	// that may come back, and a deleted object for who may be reading it.
	// Nothing depends on it: 0 is none.
	Grace time.Duration
}

// Objects keeps the catalog's packs and the objects of S3 true to each other.
type Objects struct {
	cfg      ObjectConfig
	catalog  *catalog.Catalog
	blobs    *blob.Store
	mirrors  *git.Mirrors // nil: no text can be read again
	contents content.Reader
	limit    *rate.Limiter
	log      *slog.Logger

	anyLoss bool  // a scrub goes on however much is missing
	again   int64 // documents that a scrub made due for the embedder
}

// NewObjects returns them. Without mirrors, text that is lost cannot be read
// again.
func NewObjects(cfg ObjectConfig, c *catalog.Catalog, blobs *blob.Store, mirrors *git.Mirrors, log *slog.Logger) *Objects {
	if cfg.ScrubRate == 0 {
		cfg.ScrubRate = DefaultScrubRate
	}
	return &Objects{
		cfg: cfg, catalog: c, blobs: blobs, mirrors: mirrors, contents: content.New(cfg.Formats), log: log,
		limit: rate.NewLimiter(rate.Limit(cfg.ScrubRate), int(min(cfg.ScrubRate, 1<<30))),
	}
}

// Work is what a schedule is to do.
func (o *Objects) Work() []Work {
	work := []Work{
		{KindScrub, o.cfg.ScrubInterval, o.Scrub},
		{KindGarbage, o.cfg.GarbageInterval, o.Collect},
	}
	return slices.DeleteFunc(work, func(w Work) bool { return w.Interval == 0 })
}

// Repair reads every pack once, at full speed, repairs what can be repaired,
// and deletes the objects that the catalog does not know. What is lost is in
// the log, and is found by whoever compares again.
func (o *Objects) Repair(ctx context.Context, did *Repaired) error {
	once := *o
	once.limit, once.anyLoss, once.cfg.Grace = rate.NewLimiter(rate.Inf, 0), true, 0
	schedule := Schedule{Catalog: o.catalog, Log: o.log}
	scrubbed, err := schedule.Now(ctx, Work{Kind: KindScrub, Do: once.Scrub})
	did.RepairedPacks = scrubbed.Repaired
	did.RequeuedDocuments += once.again
	var lost Unrepaired
	if err != nil && !errors.As(err, &lost) {
		return err
	}
	orphans, err := schedule.Now(ctx, Work{Kind: KindGarbage, Do: once.orphans})
	did.DeletedObjects = orphans.Repaired
	return err
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
		_, err := r.objects.catalog.Packs.MarkDeleted(ctx, r.from) // those that hold nothing
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
	return r.objects.catalog.Packs.Move(ctx, catalog.Move{From: r.from, Into: catalog.Pack(object), Items: r.items}, r.vector)
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
