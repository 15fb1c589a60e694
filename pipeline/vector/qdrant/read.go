package qdrant

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"

	"github.com/leatworks/leat/pipeline/vector"
)

// Scroll implements [vector.Store].
func (s *Store) Scroll(ctx context.Context, collection string, filter vector.Filter, withVectors bool) iter.Seq2[vector.Point, error] {
	plan, err := newPlan(filter)
	if err != nil {
		return func(yield func(vector.Point, error) bool) {
			yield(vector.Point{}, fmt.Errorf("scroll %s: %w", collection, err))
		}
	}
	return s.scroll(ctx, collection, plan, withVectors)
}

// ScrollAll implements [vector.Store].
func (s *Store) ScrollAll(ctx context.Context, collection string, withVectors bool) iter.Seq2[vector.Point, error] {
	return s.scroll(ctx, collection, plan{}, withVectors)
}

func (s *Store) scroll(ctx context.Context, collection string, plan plan, withVectors bool) iter.Seq2[vector.Point, error] {
	request := &qdrant.ScrollPoints{
		CollectionName: collection,
		Filter:         plan.filter,
		Limit:          qdrant.PtrOf(uint32(pageSize)),
		WithPayload:    qdrant.NewWithPayloadExclude(unread...),
		WithVectors:    qdrant.NewWithVectors(withVectors),
	}
	return func(yield func(vector.Point, error) bool) {
		for page, err := range s.pages(ctx, request, nil) {
			if err != nil {
				yield(vector.Point{}, err)
				return
			}
			for _, found := range page {
				if !plan.match(values(found.GetPayload())) {
					continue
				}
				point, err := decodePoint(found.GetId(), found.GetPayload(), found.GetVectors())
				if err != nil {
					yield(vector.Point{}, fmt.Errorf("scroll %s: %w", collection, err))
					return
				}
				if !yield(point, nil) {
					return
				}
			}
		}
	}
}

// pages yields the answers to request, beginning with the point from.
func (s *Store) pages(ctx context.Context, request *qdrant.ScrollPoints, from *qdrant.PointId) iter.Seq2[[]*qdrant.RetrievedPoint, error] {
	return func(yield func([]*qdrant.RetrievedPoint, error) bool) {
		// A caller may range over a sequence again, each time from the beginning.
		for request.Offset = from; ; {
			page, next, err := s.page(ctx, request)
			if !yield(page, err) || err != nil || next == nil {
				return
			}
			request.Offset = next
		}
	}
}

func (s *Store) page(ctx context.Context, request *qdrant.ScrollPoints) ([]*qdrant.RetrievedPoint, *qdrant.PointId, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	reply, err := s.points.Scroll(ctx, request)
	return reply.GetResult(), reply.GetNextPageOffset(), explain(ctx, err, "scroll %s", request.GetCollectionName())
}

// Missing implements [vector.Store].
func (s *Store) Missing(ctx context.Context, collection string, ids []uuid.UUID) ([]uuid.UUID, error) {
	var missing []uuid.UUID
	for part := range slices.Chunk(ids, pageSize) {
		found, err := s.existing(ctx, collection, part)
		if err != nil {
			return nil, err
		}
		for _, id := range part {
			if !found[id] {
				missing = append(missing, id)
			}
		}
	}
	return missing, nil
}

func (s *Store) existing(ctx context.Context, collection string, ids []uuid.UUID) (map[uuid.UUID]bool, error) {
	points, err := s.get(ctx, collection, ids, qdrant.NewWithPayload(false))
	if err != nil {
		return nil, err
	}
	found := make(map[uuid.UUID]bool, len(points))
	for _, point := range points {
		id, err := decodeID(point.GetId())
		if err != nil {
			return nil, fmt.Errorf("look up points of %s: %w", collection, err)
		}
		found[id] = true
	}
	return found, nil
}

func (s *Store) get(ctx context.Context, collection string, ids []uuid.UUID, payload *qdrant.WithPayloadSelector) ([]*qdrant.RetrievedPoint, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	reply, err := s.points.Get(ctx, &qdrant.GetPoints{
		CollectionName: collection,
		Ids:            pointIDs(ids),
		WithPayload:    payload,
		WithVectors:    qdrant.NewWithVectors(false),
	})
	return reply.GetResult(), explain(ctx, err, "look up %d points of %s", len(ids), collection)
}

// Count implements [vector.Store]. A glob that Qdrant cannot evaluate costs a scroll.
func (s *Store) Count(ctx context.Context, collection string, filter vector.Filter) (uint64, error) {
	plan, err := newPlan(filter)
	if err != nil {
		return 0, fmt.Errorf("count points of %s: %w", collection, err)
	}
	if !plan.Partial() {
		return s.count(ctx, collection, plan.filter)
	}
	var n uint64
	for _, err := range s.scroll(ctx, collection, plan, false) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// CountAll implements [vector.Store].
func (s *Store) CountAll(ctx context.Context, collection string) (uint64, error) {
	return s.count(ctx, collection, nil)
}

func (s *Store) count(ctx context.Context, collection string, filter *qdrant.Filter) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	reply, err := s.points.Count(ctx, &qdrant.CountPoints{CollectionName: collection, Filter: filter, Exact: qdrant.PtrOf(true)})
	return reply.GetResult().GetCount(), explain(ctx, err, "count points of %s", collection)
}
