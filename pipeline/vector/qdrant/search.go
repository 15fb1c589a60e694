package qdrant

import (
	"context"
	"fmt"

	"github.com/qdrant/go-client/qdrant"

	"github.com/leatworks/leat/pipeline/vector"
)

// Search implements [vector.Store].
func (s *Store) Search(ctx context.Context, collection string, q vector.Query) ([]vector.Hit, error) {
	if err := q.Check(); err != nil {
		return nil, fmt.Errorf("search %s: %w", collection, err)
	}
	plan, err := newPlan(q.Filter)
	if err != nil {
		return nil, fmt.Errorf("search %s: %w", collection, err)
	}
	found, err := vector.Rank(&q, func(depth int) ([]vector.Ranking[*point], error) {
		return s.rankings(ctx, collection, &q, plan, depth)
	})
	if err != nil {
		return nil, err
	}
	hits := make([]vector.Hit, len(found))
	var before *vector.Payload
	for i, f := range found {
		hits[i] = vector.Hit{ID: f.ID, Score: f.Score, Apart: f.Apart}
		if err := f.Value.decodePayload(&hits[i].Payload, before); err != nil {
			return nil, fmt.Errorf("search %s: point %s: %w", collection, f.ID, err)
		}
		before = &hits[i].Payload
	}
	return hits, nil
}

// rankings asks in one request for a ranking by each vector of the query, depth points deep.
func (s *Store) rankings(ctx context.Context, collection string, q *vector.Query, plan plan, depth int) ([]vector.Ranking[*point], error) {
	var requests []*qdrant.QueryPoints
	add := func(using string, query *qdrant.Query, params *qdrant.SearchParams) {
		requests = append(requests, &qdrant.QueryPoints{
			CollectionName: collection, Query: query, Using: qdrant.PtrOf(using), Filter: plan.filter, Params: params,
			Limit: qdrant.PtrOf(uint64(depth)), WithPayload: qdrant.NewWithPayloadExclude(unread...),
		})
	}
	if len(q.Dense) > 0 {
		add(denseName, qdrant.NewQueryDense(q.Dense), s.params)
	}
	if len(q.Sparse.Indices) > 0 {
		add(sparseName, qdrant.NewQuerySparse(q.Sparse.Indices, q.Sparse.Values), nil)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var reply answer
	batch := &qdrant.QueryBatchPoints{CollectionName: collection, QueryPoints: requests}
	if err := s.conn.Invoke(ctx, qdrant.Points_QueryBatch_FullMethodName, batch, &reply, callAnswer); err != nil {
		return nil, explain(ctx, err, "search %s", collection)
	}
	results, err := reply.results()
	if err != nil {
		return nil, fmt.Errorf("search %s: %w", collection, err)
	}
	if len(results) != len(requests) {
		return nil, fmt.Errorf("search %s: %d answers to %d queries", collection, len(results), len(requests))
	}
	list := make([]vector.Ranking[*point], len(requests))
	for i, points := range results {
		if list[i], err = ranking(points, plan, depth); err != nil {
			return nil, fmt.Errorf("search %s: %w", collection, err)
		}
	}
	return list, nil
}

// ranking makes a ranking of an answer. It leaves out the points that the plan does not match.
func ranking(found []point, plan plan, depth int) (vector.Ranking[*point], error) {
	r := vector.Ranking[*point]{All: len(found) < depth, Points: make([]vector.Found[*point], 0, len(found))}
	if !r.All {
		r.Last = found[depth-1].score
	}
	for i := range found {
		p := &found[i]
		if plan.Partial() {
			payload, err := p.payload()
			if err != nil {
				return r, err
			}
			if !plan.match(payload) {
				continue
			}
		}
		r.Points = append(r.Points, vector.Found[*point]{ID: p.id, Score: p.score, Value: p})
	}
	return r, nil
}
