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
	for first := 0; first < len(points); {
		// The whole call is one buffer. Most points take less than half of boundRest.
		last, size := first, 0
		for ; last < len(points) && last-first < maxUpsertPoints; last++ {
			if err := points[last].Check(); err != nil {
				return fmt.Errorf("upsert into %s: %w", collection, err)
			}
			bytes := bound(&points[last])
			if bytes > vector.MaxPointBytes {
				return fault.Reject(fmt.Errorf("upsert into %s: point %s takes up to %d bytes; at most %d are sent", collection, points[last].ID, bytes, vector.MaxPointBytes))
			}
			if size+bytes > maxUpsertBytes {
				break
			}
			size += bytes
		}
		request := newUpsert(collection, size-(last-first)*boundRest/2)
		for i := range points[first:last] {
			request.add(&points[first+i])
		}
		if err := s.upsert(ctx, collection, request); err != nil {
			return err
		}
		first = last
	}
	return nil
}

func (s *Store) upsert(ctx context.Context, collection string, request *upsertRequest) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	err := s.conn.Invoke(ctx, qdrant.Points_Upsert_FullMethodName, request, new(qdrant.PointsOperationResponse), callUpsert)
	return explain(ctx, err, "upsert %d points into %s", request.points, collection)
}

// DeleteOlder implements [vector.Store]. It passes 1,000 documents in each call.
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
