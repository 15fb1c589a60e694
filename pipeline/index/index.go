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
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline"
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

// Step indexes documents into one generation.
type Step struct {
	catalog    *catalog.Catalog
	blobs      *blob.Store
	points     *vector.Store
	generation catalog.Generation
	events     *pipeline.Publisher
	batcher    *pipeline.Batcher[work]
}

// work is a document to look at.
type work struct {
	id       uuid.UUID
	revision int64 // that the event speaks of
	// again says that an earlier attempt may have written points, of whatever
	// revision stood then.
	again bool
}

// New starts a step.
func New(cfg Config, c *catalog.Catalog, blobs *blob.Store, points *vector.Store, g catalog.Generation, p *pipeline.Publisher) *Step {
	if cfg.BatchDocuments == 0 {
		cfg.BatchDocuments = DefaultBatchDocuments
	}
	if cfg.BatchWait == 0 {
		cfg.BatchWait = DefaultBatchWait
	}
	s := &Step{catalog: c, blobs: blobs, points: points, generation: g, events: p}
	s.batcher = pipeline.NewBatcher(pipeline.BatchConfig{Items: cfg.BatchDocuments, Wait: cfg.BatchWait, Concurrency: batches}, s.index)
	return s
}

// Close waits for the batches under way. Handle must not be called any more.
func (s *Step) Close() { s.batcher.Close() }

// Handle brings the document of a document.embedded or document.removed up to
// date.
func (s *Step) Handle(ctx context.Context, m pipeline.Message) error {
	doc, err := documentOf(m)
	if err != nil {
		return fault.Reject(err)
	}
	return s.batcher.Do(ctx, work{uuid.MustParse(doc.Document), doc.Revision, m.Delivered > 1})
}

func documentOf(m pipeline.Message) (events.Document, error) {
	if m.Type == events.TypeDocumentRemoved {
		data, err := m.ParseRemoved()
		return data.Document, err
	}
	data, err := m.ParseEmbedded()
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
	var tracks []uuid.UUID
	for _, step := range []func(context.Context, plan) ([]uuid.UUID, error){s.clear, s.write} {
		changed, err := step(ctx, p)
		if err != nil {
			return nil, err
		}
		for _, id := range changed {
			left = append(left, work{id: id, again: true})
		}
	}
	for _, d := range append(p.write, p.clear...) {
		tracks = append(tracks, d.Track)
	}
	return left, pipeline.Complete(ctx, s.catalog, s.events, s.generation.Number, tracks)
}

// plan is what there is to do for a batch.
type plan struct {
	write []catalog.Document // their points are to be those of this revision
	clear []catalog.Document // they are to have no point: removed or skipped
	gone  []uuid.UUID        // the catalog does not know them any more
	again map[uuid.UUID]bool // points may have been written by an earlier attempt
}

func (s *Step) plan(ctx context.Context, batch []work) (plan, error) {
	p := plan{again: make(map[uuid.UUID]bool)}
	speaks := make(map[uuid.UUID]int64, len(batch))
	ids := make([]uuid.UUID, 0, len(batch))
	for _, w := range batch {
		if _, twice := speaks[w.id]; !twice {
			ids = append(ids, w.id)
		}
		speaks[w.id] = max(speaks[w.id], w.revision)
		p.again[w.id] = p.again[w.id] || w.again
	}
	docs, err := s.catalog.Documents(ctx, ids)
	if err != nil {
		return p, err
	}
	for _, d := range docs {
		switch d.State {
		case catalog.StateRemoved, catalog.StateSkipped:
			p.clear = append(p.clear, d)
		case catalog.StateEmbedded, catalog.StateFailed:
			p.write = append(p.write, d)
		case catalog.StateIndexed:
			if p.again[d.ID] || speaks[d.ID] < d.Revision {
				p.write = append(p.write, d)
			}
		case catalog.StateChunked: // its document.embedded is still to come
		}
		delete(speaks, d.ID)
	}
	for id := range speaks {
		p.gone = append(p.gone, id)
	}
	return p, nil
}

// clear deletes the points of documents that are to have none.
func (s *Step) clear(ctx context.Context, p plan) (changed []uuid.UUID, err error) {
	ids := append([]uuid.UUID(nil), p.gone...)
	var removed, skipped []catalog.Current
	for _, d := range p.clear {
		ids = append(ids, d.ID)
		if d.State == catalog.StateRemoved {
			removed = append(removed, d.Current())
		} else {
			skipped = append(skipped, d.Current())
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	if err := s.points.DeleteDocuments(ctx, s.generation.Collection, ids); err != nil {
		return nil, fmt.Errorf("delete points of %d documents: %w", len(ids), err)
	}
	dropped, err := s.catalog.DropRemoved(ctx, removed)
	if err != nil {
		return nil, err
	}
	cleared, err := s.catalog.MarkCleared(ctx, skipped)
	if err != nil {
		return nil, err
	}
	// Whoever came back to the track meanwhile may have lost new points.
	back, err := s.catalog.Documents(ctx, p.gone)
	if err != nil {
		return nil, err
	}
	return append(missing(p.clear, append(dropped, cleared...)), idsOf(back)...), nil
}

func idsOf(docs []catalog.Document) []uuid.UUID {
	ids := make([]uuid.UUID, len(docs))
	for i, d := range docs {
		ids[i] = d.ID
	}
	return ids
}

// missing returns the documents that are not among done.
func missing(docs []catalog.Document, done []uuid.UUID) []uuid.UUID {
	is := make(map[uuid.UUID]bool, len(done))
	for _, id := range done {
		is[id] = true
	}
	var left []uuid.UUID
	for _, d := range docs {
		if !is[d.ID] {
			left = append(left, d.ID)
		}
	}
	return left
}
