// Package index is the indexer's step: it keeps the points of a document in the vector store at the document's current
// revision.
//
// An event only names a document. The step writes the points of the revision that the catalog has now, then marks the
// document indexed if that revision is still the current one. Otherwise a newer revision has come in between, and the
// step starts again with that, which replaces the points that it wrote. A late, repeated or reordered event therefore
// leaves nothing behind.
//
// A document of a dormant track has its points deleted, and is marked as one without points. If the track falls asleep
// or wakes in between, the mark fails, and the step starts again.
package index

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

// Config sets how batches form.
type Config struct {
	BatchDocuments int           // most documents worked on together; default 256
	BatchWait      time.Duration // how long the first document waits for others; default 10 ms
	BatchPause     time.Duration // a live batch waits no longer once none has come for this time; default 2 ms

	Watch *pipeline.Watch // measures batches and the parts of the step; default: nobody
}

// The defaults.
const (
	DefaultBatchDocuments = 256
	DefaultBatchWait      = 10 * time.Millisecond
	DefaultBatchPause     = 2 * time.Millisecond

	// Batches is the number of batches under way at once, so that some read while others write.
	Batches = 3

	groupPoints = 1300 // points of a batch in memory together, unless one document has more
	rounds      = 8    // most attempts to catch up with documents that keep changing
)

// Points stores the points of a collection. [vector.Store] implements it.
type Points interface {
	Upsert(ctx context.Context, collection string, points []vector.Point) error
	DeleteOlder(ctx context.Context, collection string, documents []vector.Stale) error
}

// Documents are the documents that are to be indexed. The catalog holds them.
type Documents interface {
	announce.Snapshots
	Documents(ctx context.Context, ids []uuid.UUID) ([]catalog.Document, error)
	MarkIndexed(ctx context.Context, generation int64, docs []catalog.Current) ([]uuid.UUID, error)
	MarkAsleep(ctx context.Context, generation int64, docs []catalog.Current) ([]uuid.UUID, error)
	MarkCleared(ctx context.Context, generation int64, docs []catalog.Current) ([]uuid.UUID, error)
	DropRemoved(ctx context.Context, generation int64, docs []catalog.Current) ([]uuid.UUID, error)
}

// Step indexes documents into one generation.
type Step struct {
	documents   Documents
	generations *catalog.Generations
	vectors     *catalog.Vectors
	blobs       *blob.Store
	points      Points
	generation  catalog.Generation
	events      *announce.Publisher
	batcher     *pipeline.Batcher[work]
	watch       *pipeline.Watch
}

// work is a document to look at.
type work struct {
	id       uuid.UUID
	revision int64 // the revision of the event, or the one that this step has written
	// again tells that an earlier attempt may have written points, of the revision that was current then.
	again bool
	trace announce.Trace
}

// New starts a step that writes to one generation, of.
func New(
	cfg Config, d Documents, g *catalog.Generations, v *catalog.Vectors,
	blobs *blob.Store, points Points, of catalog.Generation, p *announce.Publisher,
) *Step {
	if cfg.BatchDocuments == 0 {
		cfg.BatchDocuments = DefaultBatchDocuments
	}
	if cfg.BatchWait == 0 {
		cfg.BatchWait = DefaultBatchWait
	}
	if cfg.BatchPause == 0 {
		cfg.BatchPause = DefaultBatchPause
	}
	s := &Step{documents: d, generations: g, vectors: v, blobs: blobs, points: points, generation: of, events: p, watch: cfg.Watch}
	s.batcher = pipeline.NewBatcher(pipeline.BatchConfig{
		Items: cfg.BatchDocuments, Wait: cfg.BatchWait, Pause: cfg.BatchPause, Concurrency: Batches, Halve: ofSome, Watch: cfg.Watch,
	}, s.index)
	return s
}

// ofSome reports whether an error concerns some documents of a batch and not all of them: their vectors are damaged or
// missing, or cannot be read without a key.
func ofSome(err error) bool {
	return errors.Is(err, errIncomplete) || blob.IsDamage(err) || blob.IsLocked(err)
}

// Close waits for the batches under way. Handle must not be called any more.
func (s *Step) Close() { s.batcher.Close() }

// Handle brings the points of the document of a document.embedded or document.removed up to date.
func (s *Step) Handle(ctx context.Context, m pipeline.Message) error {
	doc, err := documentOf(m)
	if err != nil {
		return err
	}
	return s.batcher.Do(ctx, m.Lane(), doc.Tenant, work{uuid.MustParse(doc.Document), doc.Revision, m.Again, announce.TraceOf(ctx)})
}

func documentOf(m pipeline.Message) (events.Document, error) {
	if m.Type == events.TypeDocumentRemoved {
		data, err := pipeline.DataOf[events.DocumentRemoved](m)
		return data.Document, err
	}
	data, err := pipeline.DataOf[events.DocumentEmbedded](m)
	return data.Document, err
}

// index writes the points of a batch, until they are those of the revisions in the catalog.
func (s *Step) index(ctx context.Context, batch []work) error {
	for range rounds {
		left, err := s.round(ctx, batch)
		if err != nil || len(left) == 0 {
			return err
		}
		batch = left
	}
	return errors.New("index: the documents change faster than they can be written")
}

// round writes the points of the documents' current revisions. It returns the documents that changed in the meantime.
func (s *Step) round(ctx context.Context, batch []work) (left []work, err error) {
	p, err := s.plan(ctx, batch)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context, plan) ([]work, error){s.clear, s.write} {
		changed, err := step(ctx, p)
		if err != nil {
			return nil, err
		}
		left = append(left, changed...)
	}
	if !p.active {
		return left, nil
	}
	tracks := make(map[uuid.UUID]announce.Trace)
	for _, d := range slices.Concat(p.write, p.clear) {
		tracks[d.Track] = p.work[d.ID].trace
	}
	return left, announce.Complete(ctx, s.documents, s.generations, s.events, tracks)
}

// plan holds the work for a batch.
type plan struct {
	active bool // the generation is the active one
	work   map[uuid.UUID]work
	write  []catalog.Document // documents whose points are to be written, at this revision
	clear  []catalog.Document // removed or skipped documents, which are to have no points
	sweep  []vector.Stale     // points that earlier attempts may have left of documents that await their vectors
	gone   []work             // documents that the catalog no longer has
}

func (s *Step) plan(ctx context.Context, batch []work) (plan, error) {
	p := plan{work: make(map[uuid.UUID]work, len(batch))}
	for _, w := range batch {
		same := p.work[w.id]
		w.revision, w.again = max(w.revision, same.revision), w.again || same.again
		p.work[w.id] = w
	}
	var err error
	if p.active, err = s.generations.IsActive(ctx, s.generation.Number); err != nil {
		return p, err
	}
	docs, err := s.documents.Documents(ctx, slices.Collect(maps.Keys(p.work)))
	if err != nil {
		return p, err
	}
	known := make(map[uuid.UUID]bool, len(docs))
	for _, d := range docs {
		known[d.ID] = true
		w := p.work[d.ID]
		switch {
		case d.State == catalog.StateRemoved, d.State == catalog.StateSkipped:
			p.clear = append(p.clear, d)
		case p.awaits(d, w): // its document.embedded will come
			if w.again {
				p.sweep = append(p.sweep, older(d))
			}
		case p.active && d.State == catalog.StateIndexed && !w.again && w.revision >= d.Revision: // nothing to do
		default:
			p.write = append(p.write, d)
		}
	}
	for id, w := range p.work {
		if !known[id] {
			p.gone = append(p.gone, w)
		}
	}
	return p, nil
}

// awaits reports whether a document cannot have its vectors yet. The state of a document is about the embedder of the
// active generation; for another embedder, the revision of the event decides.
func (p plan) awaits(d catalog.Document, w work) bool {
	return d.State == catalog.StateChunked && (p.active || w.revision < d.Revision)
}

// older returns the points of a document that belong to revisions before its own.
func older(d catalog.Document) vector.Stale { return vector.Stale{Document: d.ID, Before: d.Revision} }

// all is greater than any revision.
const all = 1 << 53

// clear deletes the points of documents that are to have none. It keeps points of later revisions, because a late
// worker must not delete the points that another has written for a document that came back.
func (s *Step) clear(ctx context.Context, p plan) (changed []work, err error) {
	stale := slices.Clone(p.sweep)
	var removed, skipped []catalog.Current
	for _, d := range p.clear {
		stale = append(stale, vector.Stale{Document: d.ID, Before: d.Revision + 1})
		if d.State == catalog.StateRemoved {
			removed = append(removed, d.Current())
		} else {
			skipped = append(skipped, d.Current())
		}
	}
	var gone []uuid.UUID
	for _, w := range p.gone {
		before := w.revision + 1
		if w.again {
			before = all // the revision that an earlier attempt wrote is unknown
		}
		stale = append(stale, vector.Stale{Document: w.id, Before: before})
		gone = append(gone, w.id)
	}
	if len(stale) == 0 {
		return nil, nil
	}
	if err := s.points.DeleteOlder(ctx, s.generation.Collection, stale); err != nil {
		return nil, fmt.Errorf("delete points of %d documents: %w", len(stale), err)
	}
	dropped, err := s.documents.DropRemoved(ctx, s.generation.Number, removed)
	if err != nil {
		return nil, err
	}
	cleared, err := s.documents.MarkCleared(ctx, s.generation.Number, skipped)
	if err != nil {
		return nil, err
	}
	changed, err = s.changed(ctx, p, p.clear, slices.Concat(dropped, cleared))
	if err != nil {
		return nil, err
	}
	// A document that came back in the meantime may have lost new points.
	back, err := s.documents.Documents(ctx, gone)
	if err != nil {
		return nil, err
	}
	return append(changed, p.missing(back, nil)...), nil
}

// changed returns the written documents that have changed since. In the active generation these are all the documents
// that are not marked. In another generation the catalog marks none, and changed compares their revisions, and whether
// their tracks are dormant.
func (s *Step) changed(ctx context.Context, p plan, written []catalog.Document, marked []uuid.UUID) ([]work, error) {
	left := p.missing(written, marked)
	if len(left) == 0 {
		return nil, nil
	}
	if active, err := s.generations.IsActive(ctx, s.generation.Number); err != nil || active {
		return left, err
	}
	ids := make([]uuid.UUID, len(left))
	for i, w := range left {
		ids[i] = w.id
	}
	docs, err := s.documents.Documents(ctx, ids)
	if err != nil {
		return nil, err
	}
	now := make(map[uuid.UUID]catalog.Document, len(docs))
	for _, d := range docs {
		now[d.ID] = d
	}
	moved := slices.DeleteFunc(slices.Clone(written), func(d catalog.Document) bool {
		is, known := now[d.ID]
		if !known {
			return d.Chunking == 0 // its points are gone, and its row too
		}
		return is.Revision == d.Revision && is.Chunking == d.Chunking && is.Dormant == d.Dormant
	})
	return p.missing(moved, marked), nil
}

// missing returns the documents that are not in done, to be looked at again. Points written for them have the revision
// in docs.
func (p plan) missing(docs []catalog.Document, done []uuid.UUID) []work {
	is := setOf(done)
	var left []work
	for _, d := range docs {
		if !is[d.ID] {
			left = append(left, work{d.ID, d.Revision, true, p.work[d.ID].trace})
		}
	}
	return left
}

func setOf(ids []uuid.UUID) map[uuid.UUID]bool {
	set := make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}
