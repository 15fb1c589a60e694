package qdrant

import (
	"context"
	"fmt"

	"github.com/qdrant/go-client/qdrant"

	"github.com/leatworks/leat/pipeline/vector"
)

// fields is the payload of a point in an answer.
type fields = map[string]*qdrant.Value

// Search implements [vector.Store].
func (s *Store) Search(ctx context.Context, collection string, q vector.Query) ([]vector.Hit, error) {
	if err := q.Check(); err != nil {
		return nil, fmt.Errorf("search %s: %w", collection, err)
	}
	plan, err := newPlan(q.Filter)
	if err != nil {
		return nil, fmt.Errorf("search %s: %w", collection, err)
	}
	found, err := vector.Rank(&q, func(depth int) ([]vector.Ranking[fields], error) {
		return s.rankings(ctx, collection, &q, plan, depth)
	})
	if err != nil {
		return nil, err
	}
	hits := make([]vector.Hit, len(found))
	for i, point := range found {
		payload, err := decodePayload(point.Value)
		if err != nil {
			return nil, fmt.Errorf("search %s: point %s: %w", collection, point.ID, err)
		}
		hits[i] = vector.Hit{ID: point.ID, Score: point.Score, Payload: payload, Apart: point.Apart}
	}
	return hits, nil
}

// rankings asks for a ranking by each vector that the query has, depth points
// deep, in one request.
func (s *Store) rankings(ctx context.Context, collection string, q *vector.Query, plan plan, depth int) ([]vector.Ranking[fields], error) {
	var requests []*qdrant.QueryPoints
	add := func(using string, query *qdrant.Query) {
		requests = append(requests, &qdrant.QueryPoints{
			CollectionName: collection, Query: query, Using: qdrant.PtrOf(using), Filter: plan.filter,
			Limit: qdrant.PtrOf(uint64(depth)), WithPayload: qdrant.NewWithPayloadExclude(unread...),
		})
	}
	if len(q.Dense) > 0 {
		add(denseName, qdrant.NewQueryDense(q.Dense))
	}
	if len(q.Sparse.Indices) > 0 {
		add(sparseName, qdrant.NewQuerySparse(q.Sparse.Indices, q.Sparse.Values))
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	reply, err := s.points.QueryBatch(ctx, &qdrant.QueryBatchPoints{CollectionName: collection, QueryPoints: requests})
	if err != nil {
		return nil, explain(ctx, err, "search %s", collection)
	}
	if len(reply.GetResult()) != len(requests) {
		return nil, fmt.Errorf("search %s: %d answers to %d queries", collection, len(reply.GetResult()), len(requests))
	}
	list := make([]vector.Ranking[fields], len(requests))
	for i, answer := range reply.GetResult() {
		if list[i], err = ranking(answer.GetResult(), plan, depth); err != nil {
			return nil, fmt.Errorf("search %s: %w", collection, err)
		}
	}
	return list, nil
}

// ranking leaves out of an answer the points that the plan does not match.
func ranking(found []*qdrant.ScoredPoint, plan plan, depth int) (vector.Ranking[fields], error) {
	r := vector.Ranking[fields]{All: len(found) < depth, Points: make([]vector.Found[fields], 0, len(found))}
	if !r.All {
		r.Last = found[depth-1].GetScore()
	}
	for _, p := range found {
		if !plan.match(p.GetPayload()) {
			continue
		}
		id, err := decodeID(p.GetId())
		if err != nil {
			return r, err
		}
		r.Points = append(r.Points, vector.Found[fields]{ID: id, Score: p.GetScore(), Value: p.GetPayload()})
	}
	return r, nil
}
