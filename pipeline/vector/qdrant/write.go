package qdrant

import (
	"context"
	"fmt"
	"slices"

	"github.com/qdrant/go-client/qdrant"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/vector"
)

// Upsert implements [vector.Store]. More than 2,000 points or 16 MiB take several
// calls.
func (s *Store) Upsert(ctx context.Context, collection string, points []vector.Point) error {
	var batch []*qdrant.PointStruct
	size := 0
	for i := range points {
		if err := points[i].Check(); err != nil {
			return fmt.Errorf("upsert into %s: %w", collection, err)
		}
		bytes := bound(&points[i])
		if bytes > vector.MaxPointBytes {
			return fault.Reject(fmt.Errorf("upsert into %s: point %s takes up to %d bytes; at most %d are sent", collection, points[i].ID, bytes, vector.MaxPointBytes))
		}
		if len(batch) == maxUpsertPoints || size+bytes > maxUpsertBytes {
			if err := s.upsert(ctx, collection, batch); err != nil {
				return err
			}
			batch, size = nil, 0
		}
		batch, size = append(batch, encode(&points[i])), size+bytes
	}
	if len(batch) == 0 {
		return nil
	}
	return s.upsert(ctx, collection, batch)
}

func (s *Store) upsert(ctx context.Context, collection string, batch []*qdrant.PointStruct) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	_, err := s.points.Upsert(ctx, &qdrant.UpsertPoints{CollectionName: collection, Points: batch, Wait: qdrant.PtrOf(true)})
	return explain(ctx, err, "upsert %d points into %s", len(batch), collection)
}

// DeleteOlder implements [vector.Store], 1,000 documents a call.
func (s *Store) DeleteOlder(ctx context.Context, collection string, docs []vector.Stale) error {
	for part := range slices.Chunk(docs, pageSize) {
		conditions := make([]*qdrant.Condition, len(part))
		for i, doc := range part {
			conditions[i] = qdrant.NewFilterAsCondition(&qdrant.Filter{Must: []*qdrant.Condition{
				qdrant.NewMatchKeyword(fieldDocument, doc.Document.String()),
				qdrant.NewRange(fieldRevision, &qdrant.Range{Lt: qdrant.PtrOf(float64(doc.Before))}),
			}})
		}
		selector := qdrant.NewPointsSelectorFilter(&qdrant.Filter{Should: conditions})
		if err := s.delete(ctx, collection, selector, fmt.Sprintf("stale points of %d documents", len(part))); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) delete(ctx context.Context, collection string, selector *qdrant.PointsSelector, what string) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	_, err := s.points.Delete(ctx, &qdrant.DeletePoints{CollectionName: collection, Points: selector, Wait: qdrant.PtrOf(true)})
	return explain(ctx, err, "delete %s from %s", what, collection)
}
