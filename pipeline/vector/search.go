package vector

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"

	"github.com/leatworks/leat/internal/fault"
)

// maxCandidates bounds how many hits of a ranking are looked at. A glob or a
// symbol that fits fewer of the best 10,000 than asked for yields fewer hits.
const maxCandidates = 10_000

// Query is a search. With both vectors the two rankings are fused by their
// scores, see fuse; with one, it alone ranks.
type Query struct {
	Dense  []float32
	Sparse Sparse
	Filter Filter
	Limit  int // 1 to 10,000
}

// Hit is a point found. Scores of one answer are comparable, those of two
// answers are not, but for those of fused rankings, which are from 0 to 1.
type Hit struct {
	ID      uuid.UUID
	Score   float32
	Payload Payload
}

// Search returns up to q.Limit hits, the best first.
func (s *Store) Search(ctx context.Context, collection string, q Query) ([]Hit, error) {
	if err := q.check(); err != nil {
		return nil, fault.Reject(fmt.Errorf("search %s: %w", collection, err))
	}
	plan, err := q.Filter.plan()
	if err != nil {
		return nil, fmt.Errorf("search %s: %w", collection, err)
	}
	for depth := q.depth(); ; depth = min(4*depth, maxCandidates) {
		found, all, err := s.rankings(ctx, collection, q, plan, depth)
		if err != nil {
			return nil, err
		}
		hits, err := decodeHits(fuse(found), q.Limit)
		if err != nil {
			return nil, fmt.Errorf("search %s: %w", collection, err)
		}
		if len(hits) == q.Limit || all || depth == maxCandidates {
			return hits, nil
		}
	}
}

// leastDepth is how many hits of each ranking are fused at least: what both have
// in the middle is to be seen.
const leastDepth = 50

// depth is how many hits each ranking is asked for at first.
func (q Query) depth() int {
	if len(q.Dense) == 0 || len(q.Sparse.Indices) == 0 {
		return q.Limit
	}
	return max(q.Limit, leastDepth)
}

func (q Query) check() error {
	switch {
	case q.Limit < 1 || q.Limit > maxCandidates:
		return fmt.Errorf("limit %d: use 1 to %d", q.Limit, maxCandidates)
	case len(q.Sparse.Indices) != len(q.Sparse.Values):
		return fmt.Errorf("sparse vector with %d indices and %d values", len(q.Sparse.Indices), len(q.Sparse.Values))
	case len(q.Dense) == 0 && len(q.Sparse.Indices) == 0:
		return errors.New("the query has neither a dense nor a sparse vector")
	}
	return nil
}

// rankings asks for a ranking by each vector that the query has, depth points
// deep, in one request. It leaves out what the plan does not match, and says
// whether all that there is was looked at.
func (s *Store) rankings(ctx context.Context, collection string, q Query, plan plan, depth int) (list []rankedPoints, all bool, err error) {
	var requests []*qdrant.QueryPoints
	add := func(using string, weight float32, query *qdrant.Query) {
		requests = append(requests, &qdrant.QueryPoints{
			CollectionName: collection, Query: query, Using: qdrant.PtrOf(using), Filter: plan.filter,
			Limit: qdrant.PtrOf(uint64(depth)), WithPayload: qdrant.NewWithPayloadExclude(fieldDirs),
		})
		list = append(list, rankedPoints{weight: weight})
	}
	if len(q.Dense) > 0 {
		add(denseName, denseWeight, qdrant.NewQueryDense(q.Dense))
	}
	if len(q.Sparse.Indices) > 0 {
		add(sparseName, 1-denseWeight, qdrant.NewQuerySparse(q.Sparse.Indices, q.Sparse.Values))
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	reply, err := s.points.QueryBatch(ctx, &qdrant.QueryBatchPoints{CollectionName: collection, QueryPoints: requests})
	if err != nil {
		return nil, false, explain(ctx, err, "search %s", collection)
	}
	if len(reply.GetResult()) != len(list) {
		return nil, false, fmt.Errorf("search %s: %d answers to %d queries", collection, len(reply.GetResult()), len(list))
	}
	all = true
	for i, answer := range reply.GetResult() {
		found := answer.GetResult()
		if len(found) == depth {
			all, list[i].last = false, found[depth-1].GetScore()
		}
		list[i].points = slices.DeleteFunc(found, func(p *qdrant.ScoredPoint) bool { return !plan.match(p.GetPayload()) })
	}
	return list, all, nil
}

// decodeHits decodes the first limit points.
func decodeHits(found []*qdrant.ScoredPoint, limit int) ([]Hit, error) {
	hits := make([]Hit, 0, min(limit, len(found)))
	for _, point := range found[:min(limit, len(found))] {
		decoded, err := decodePoint(point.GetId(), point.GetPayload(), nil)
		if err != nil {
			return nil, err
		}
		hits = append(hits, Hit{decoded.ID, point.GetScore(), decoded.Payload})
	}
	return hits, nil
}
