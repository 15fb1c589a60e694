package index

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/vector"
)

// write makes the documents' points those of their revision, in groups that
// fit into memory.
func (s *Step) write(ctx context.Context, p plan) (changed []uuid.UUID, err error) {
	var group []catalog.Document
	points := 0
	flush := func() error {
		left, err := s.writeGroup(ctx, group, p.again)
		changed = append(changed, left...)
		group, points = nil, 0
		return err
	}
	for _, d := range p.write {
		if points+d.Chunks > groupPoints && len(group) > 0 {
			if err := flush(); err != nil {
				return nil, err
			}
		}
		group = append(group, d)
		points += d.Chunks
	}
	if len(group) == 0 {
		return changed, nil
	}
	err = flush()
	return changed, err
}

func (s *Step) writeGroup(ctx context.Context, docs []catalog.Document, again map[uuid.UUID]bool) (changed []uuid.UUID, err error) {
	points, err := s.load(ctx, docs)
	if err != nil {
		return nil, err
	}
	if err := s.points.Upsert(ctx, s.generation.Collection, points); err != nil {
		return nil, fmt.Errorf("write points of %d documents: %w", len(docs), err)
	}
	var stale []vector.Stale
	current := make([]catalog.Current, len(docs))
	for i, d := range docs {
		current[i] = d.Current()
		if d.HasPoints || again[d.ID] {
			stale = append(stale, vector.Stale{Document: d.ID, Before: d.Revision})
		}
	}
	if len(stale) > 0 {
		if err := s.points.DeleteOlder(ctx, s.generation.Collection, stale); err != nil {
			return nil, fmt.Errorf("delete stale points of %d documents: %w", len(stale), err)
		}
	}
	indexed, err := s.catalog.MarkIndexed(ctx, current)
	if err != nil {
		return nil, err
	}
	return missing(docs, indexed), s.announce(ctx, docs, indexed)
}

// load builds the points of the documents from the stored vectors.
func (s *Step) load(ctx context.Context, docs []catalog.Document) ([]vector.Point, error) {
	byChunking := make(map[int64][]catalog.Document, len(docs))
	var chunkings []int64
	for _, d := range docs {
		if _, known := byChunking[d.Chunking]; !known {
			chunkings = append(chunkings, d.Chunking)
		}
		byChunking[d.Chunking] = append(byChunking[d.Chunking], d)
	}
	chunks, err := s.catalog.ChunkVectors(ctx, s.generation.Embedder.ID, chunkings)
	if err != nil {
		return nil, err
	}
	if err := complete(docs, chunks); err != nil {
		return nil, err
	}
	spans := make([]blob.Span, len(chunks))
	for i, c := range chunks {
		spans[i] = blob.Span(c.Vector)
	}
	var points []vector.Point
	err = s.blobs.Read(ctx, spans, func(i int, record []byte) error {
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

// complete checks that every chunk has its vector. One that has not is a
// passing error: the document goes back to the embedder when it is due.
func complete(docs []catalog.Document, chunks []catalog.ChunkVector) error {
	have := make(map[int64]int, len(docs))
	for _, c := range chunks {
		have[c.Chunking]++
	}
	for _, d := range docs {
		if have[d.Chunking] != d.Chunks {
			return fmt.Errorf("document %s has vectors for %d of its %d chunks", d.ID, have[d.Chunking], d.Chunks)
		}
	}
	return nil
}

func point(d catalog.Document, c catalog.ChunkVector, v embedder.Vector) vector.Point {
	return vector.Point{
		ID:     events.PointID(d.ID, d.Blob, d.Chunker, c.Ordinal),
		Dense:  v.Dense,
		Sparse: vector.Sparse(v.Sparse),
		Payload: vector.Payload{
			Tenant: d.Tenant, Repository: d.Repository, Track: d.Track, Document: d.ID,
			Ref: d.Ref, Path: d.Path, Language: d.Language, Kind: c.Kind, Symbol: c.Symbol,
			Blob: hex.EncodeToString(d.Blob[:]), Commit: d.Commit, Revision: d.Revision,
			StartLine: int(c.StartLine), EndLine: int(c.EndLine), StartByte: int(c.StartByte), EndByte: int(c.EndByte),
		},
	}
}

// announce publishes document.indexed for the documents that were marked.
func (s *Step) announce(ctx context.Context, docs []catalog.Document, indexed []uuid.UUID) error {
	is := make(map[uuid.UUID]bool, len(indexed))
	for _, id := range indexed {
		is[id] = true
	}
	var out []pipeline.Outgoing
	for _, d := range docs {
		if is[d.ID] {
			out = append(out, pipeline.IndexedEvent(d, s.generation.Number))
		}
	}
	return s.events.Publish(ctx, out...)
}
