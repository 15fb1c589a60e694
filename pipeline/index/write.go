package index

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/vector"
)

// write writes the points of the documents' revisions, in groups that fit into memory.
func (s *Step) write(ctx context.Context, p plan) (changed []work, err error) {
	for _, group := range groupsOfPoints(p.write) {
		left, err := s.writeGroup(ctx, p, group)
		if err != nil {
			return nil, err
		}
		changed = append(changed, left...)
	}
	return changed, nil
}

// groupsOfPoints groups documents whose points fit into memory together.
func groupsOfPoints(docs []catalog.Document) [][]catalog.Document {
	return catalog.Groups(docs, groupPoints, func(d catalog.Document) int { return d.Chunks })
}

func (s *Step) writeGroup(ctx context.Context, p plan, docs []catalog.Document) (changed []work, err error) {
	chunks, err := s.vectors.OfChunkings(ctx, s.generation.Embedder.ID, catalog.Chunkings(docs))
	if err != nil {
		return nil, err
	}
	docs, waiting, err := p.ready(docs, chunks)
	if err != nil {
		return nil, err
	}
	awake, asleep := apart(docs)
	points, err := s.load(ctx, awake, chunks)
	if err != nil {
		return nil, err
	}
	end := s.watch.Part(ctx, "upsert")
	err = s.points.Upsert(ctx, s.generation.Collection, points)
	if end(); err != nil {
		return nil, fmt.Errorf("write points of %d documents: %w", len(awake), err)
	}
	stale := p.stale(awake, asleep, waiting)
	if len(stale) > 0 {
		if err := s.points.DeleteOlder(ctx, s.generation.Collection, stale); err != nil {
			return nil, fmt.Errorf("delete stale points of %d documents: %w", len(stale), err)
		}
	}
	end = s.watch.Part(ctx, "mark")
	indexed, slept, err := s.mark(ctx, p, awake, asleep)
	if end(); err != nil {
		return nil, err
	}
	if changed, err = s.changed(ctx, p, docs, slices.Concat(indexed, slept)); err != nil {
		return nil, err
	}
	return changed, s.announce(ctx, p, awake, indexed)
}

// mark records in the catalog which documents have their points, and which of dormant tracks have none. The catalog
// marks nothing for a generation that is not the active one, so mark does not ask it to.
func (s *Step) mark(ctx context.Context, p plan, awake, asleep []catalog.Document) (indexed, slept []uuid.UUID, err error) {
	if !p.active {
		return nil, nil, nil
	}
	if indexed, err = s.documents.MarkIndexed(ctx, s.generation.Number, currents(awake)); err != nil {
		return nil, nil, err
	}
	slept, err = s.documents.MarkAsleep(ctx, s.generation.Number, currents(asleep))
	return indexed, slept, err
}

// apart splits documents into those that are to have points and those of dormant tracks.
func apart(docs []catalog.Document) (awake, asleep []catalog.Document) {
	for _, d := range docs {
		if d.Dormant {
			asleep = append(asleep, d)
		} else {
			awake = append(awake, d)
		}
	}
	return awake, asleep
}

// stale returns the points that have to go: those of earlier revisions, and all points of documents that sleep.
func (p plan) stale(awake, asleep, waiting []catalog.Document) (stale []vector.Stale) {
	for _, d := range awake {
		if d.HasPoints || p.work[d.ID].again {
			stale = append(stale, older(d))
		}
	}
	for _, d := range asleep {
		stale = append(stale, vector.Stale{Document: d.ID, Before: d.Revision + 1})
	}
	for _, d := range waiting {
		if p.work[d.ID].again {
			stale = append(stale, older(d))
		}
	}
	return stale
}

func currents(docs []catalog.Document) []catalog.Current {
	list := make([]catalog.Current, len(docs))
	for i, d := range docs {
		list[i] = d.Current()
	}
	return list
}

// errIncomplete is the error for an embedded document that lacks vectors. A retry may succeed: a document that fails
// goes back to the embedder when it is due.
var errIncomplete = errors.New("vectors are missing")

// ready splits the documents into complete ones, whose chunks all have vectors, and waiting ones. A document waits for
// its document.embedded if it failed before it was embedded. In a generation that is not the active one, it also waits
// if its event was of an older revision.
func (p plan) ready(docs []catalog.Document, chunks []catalog.ChunkVector) (complete, waiting []catalog.Document, err error) {
	have := make(map[int64]int, len(docs))
	for _, c := range chunks {
		have[c.Chunking]++
	}
	for _, d := range docs {
		switch {
		case have[d.Chunking] == d.Chunks:
			complete = append(complete, d)
		case d.State == catalog.StateFailed, !p.active && (d.State == catalog.StateChunked || p.work[d.ID].revision < d.Revision):
			waiting = append(waiting, d)
		default:
			return nil, nil, fmt.Errorf("document %s has vectors for %d of its %d chunks: %w", d.ID, have[d.Chunking], d.Chunks, errIncomplete)
		}
	}
	return complete, waiting, nil
}

// load builds the points of the documents from the stored vectors.
func (s *Step) load(ctx context.Context, docs []catalog.Document, chunks []catalog.ChunkVector) ([]vector.Point, error) {
	defer s.watch.Part(ctx, "read")()
	byChunking := make(map[int64][]catalog.Document, len(docs))
	for _, d := range docs {
		byChunking[d.Chunking] = append(byChunking[d.Chunking], d)
	}
	spans := make([]blob.Span, len(chunks))
	for i, c := range chunks {
		spans[i] = blob.Span(c.Vector)
	}
	var points []vector.Point
	err := s.blobs.Read(ctx, spans, func(i int, record []byte) error {
		v, err := embedder.DecodeVector(record)
		if err != nil {
			return fault.Reject(fmt.Errorf("vector in %s at %d: %w", spans[i].Object, spans[i].Offset, err))
		}
		for _, d := range byChunking[chunks[i].Chunking] {
			points = append(points, point(d, chunks[i], v))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read vectors of %d documents: %w", len(docs), err)
	}
	return points, nil
}

func point(d catalog.Document, c catalog.ChunkVector, v embedder.Vector) vector.Point {
	return vector.Point{
		ID:     events.PointID(d.ID, d.Blob, d.Chunker, c.Ordinal),
		Dense:  v.Dense,
		Sparse: vector.Sparse(v.Sparse),
		Payload: vector.Payload{
			Tenant: d.Tenant, Repository: d.Repository, Track: d.Track, Document: d.ID,
			Ref: d.Ref, Path: d.Path, Language: d.Language, Kind: c.Kind, Symbol: c.Symbol, Symbols: symbols(c.Symbols),
			Blob: hex.EncodeToString(d.Blob[:]), Commit: d.Commit, Revision: d.Revision,
			StartLine: int(c.StartLine), EndLine: int(c.EndLine), StartByte: int(c.StartByte), EndByte: int(c.EndByte),
		},
	}
}

func symbols(defined []catalog.Symbol) vector.Symbols {
	list := make([]vector.Symbol, len(defined))
	for i, s := range defined {
		list[i] = vector.Symbol{Name: s.Name, StartLine: int(s.StartLine), EndLine: int(s.EndLine)}
	}
	return vector.NewSymbols(list)
}

// announce publishes document.indexed for the documents that were marked.
func (s *Step) announce(ctx context.Context, p plan, docs []catalog.Document, indexed []uuid.UUID) error {
	defer s.watch.Part(ctx, "publish")()
	is := setOf(indexed)
	var out []announce.Event
	for _, d := range docs {
		if is[d.ID] {
			event := announce.Indexed(d, s.generation.Number)
			event.Trace = p.work[d.ID].trace
			out = append(out, event)
		}
	}
	return s.events.Publish(ctx, out...)
}
