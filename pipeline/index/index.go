// Package index is the indexer's step: it makes the points of a document in
// the vector store those of the document's current revision.
//
// An event only names a document. The step writes what the catalog says now,
// then marks the document indexed if that revision still stands; if it does
// not, a newer one has come in between, and the step begins again with that
// one, which takes back what it wrote. So a late, repeated or reordered event
// leaves nothing behind.
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

// Config says how batches form.
type Config struct {
	BatchDocuments int           // most documents worked on together; default 256
	BatchWait      time.Duration // how long the first document waits for others; default 10 ms
}

// The defaults.
const (
	DefaultBatchDocuments = 256
	DefaultBatchWait      = 10 * time.Millisecond

	groupPoints = 2000 // points in memory together, but for a larger document
	batches     = 2    // under way at once: one reads while another writes
	rounds      = 8    // of catching up with a document that keeps changing
)

// Points is where points are written to. [vector.Store] is one.
type Points interface {
	Upsert(ctx context.Context, collection string, points []vector.Point) error
	DeleteOlder(ctx context.Context, collection string, documents []vector.Stale) error
}

// Documents are the documents that are to be indexed. The catalog holds them.
type Documents interface {
	announce.Snapshots
	Documents(ctx context.Context, ids []uuid.UUID) ([]catalog.Document, error)
	MarkIndexed(ctx context.Context, generation int64, docs []catalog.Current) ([]uuid.UUID, error)
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
}

// work is a document to look at.
type work struct {
	id       uuid.UUID
	revision int64 // that the event speaks of, or that this step has written
	// again says that an earlier attempt may have written points, of whatever
	// revision stood then.
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
	s := &Step{documents: d, generations: g, vectors: v, blobs: blobs, points: points, generation: of, events: p}
	s.batcher = pipeline.NewBatcher(pipeline.BatchConfig{
		Items: cfg.BatchDocuments, Wait: cfg.BatchWait, Concurrency: batches, Halve: isOfDocuments,
	}, s.index)
	return s
}

// isOfDocuments says whether an error is of the stored vectors of some of a
// batch's documents, and not of the batch.
func isOfDocuments(err error) bool {
	return errors.Is(err, errIncomplete) || blob.IsDamage(err)
}

// Close waits for the batches under way. Handle must not be called any more.
func (s *Step) Close() { s.batcher.Close() }

// Handle brings the document of a document.embedded or document.removed up to
// date.
func (s *Step) Handle(ctx context.Context, m pipeline.Message) error {
	doc, err := documentOf(m)
	if err != nil {
		return err
	}
	return s.batcher.Do(ctx, m.Lane(), work{uuid.MustParse(doc.Document), doc.Revision, m.Again, announce.TraceOf(ctx)})
}

func documentOf(m pipeline.Message) (events.Document, error) {
	if m.Type == events.TypeDocumentRemoved {
		data, err := pipeline.DataOf[events.DocumentRemoved](m)
		return data.Document, err
	}
	data, err := pipeline.DataOf[events.DocumentEmbedded](m)
	return data.Document, err
}

// index works on a batch until the catalog agrees with what was written.
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

// round writes what the catalog says of the documents now. It returns those
// that changed meanwhile.
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

// plan is what there is to do for a batch.
type plan struct {
	active bool // the generation is the active one
	work   map[uuid.UUID]work
	write  []catalog.Document // their points are to be those of this revision
	clear  []catalog.Document // they are to have no point: removed or skipped
	sweep  []vector.Stale     // what earlier attempts may have left of documents whose turn is yet to come
	gone   []work             // the catalog does not know them any more
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
		case p.awaits(d, w): // its document.embedded is still to come
			if w.again {
				p.sweep = append(p.sweep, older(d))
			}
		case p.active && d.State == catalog.StateIndexed && !w.again && w.revision >= d.Revision: // it is done
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

// awaits says whether a document cannot have its vectors yet. Of an embedder
// that is not the active generation's, its state tells nothing: the event does.
func (p plan) awaits(d catalog.Document, w work) bool {
	return d.State == catalog.StateChunked && (p.active || w.revision < d.Revision)
}

// older names the points of a document that are of revisions before its own.
func older(d catalog.Document) vector.Stale { return vector.Stale{Document: d.ID, Before: d.Revision} }

// all is above any revision.
const all = 1 << 53

// clear deletes the points of documents that are to have none. It deletes none
// of later revisions: a worker that is late must not take away what another
// has written for a document that came back.
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
			before = all // nobody knows which revision an earlier attempt wrote
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
	// Whoever came back to the track meanwhile may have lost new points.
	back, err := s.documents.Documents(ctx, gone)
	if err != nil {
		return nil, err
	}
	return append(changed, p.missing(back, nil)...), nil
}

// changed returns those of the documents written that stand no more as they
// were. All that are not marked have changed, if the generation is the active
// one.
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
			return d.Chunking == 0 // its points are gone, and now its row
		}
		return is.Revision == d.Revision && is.Chunking == d.Chunking
	})
	return p.missing(moved, marked), nil
}

// missing returns the documents that are not among done, to be looked at
// again. What was written for them is of the revision that they have here.
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
