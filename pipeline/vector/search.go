package vector

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"

	"github.com/leatworks/leat/internal/fault"
)

// maxCandidates bounds how many hits a glob or a symbol is checked on. One that
// fits fewer of the best 10,000 than asked for yields fewer hits.
const maxCandidates = 10_000

// Query is a search. With both vectors the two rankings are fused by their
// reciprocal ranks; with one, it alone ranks.
type Query struct {
	Dense  []float32
	Sparse Sparse
	Filter Filter
	Limit  int // 1 to 10,000
}

// Hit is a point found. Scores of one answer are comparable, those of two
// answers are not.
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
	for limit := q.Limit; ; limit = min(4*limit, maxCandidates) {
		found, err := s.query(ctx, collection, q.request(collection, plan.filter, limit))
		if err != nil {
			return nil, err
		}
		hits, err := q.accept(plan, found)
		if err != nil {
			return nil, fmt.Errorf("search %s: %w", collection, err)
		}
		if len(hits) == q.Limit || len(found) < limit || limit == maxCandidates {
			return hits, nil
		}
	}
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

// accept decodes what fits the glob and the symbol, up to the query's limit.
func (q Query) accept(plan plan, found []*qdrant.ScoredPoint) ([]Hit, error) {
	hits := make([]Hit, 0, min(q.Limit, len(found)))
	for _, point := range found {
		if len(hits) == q.Limit {
			break
		}
		if !plan.match(point.GetPayload()) {
			continue
		}
		decoded, err := decodePoint(point.GetId(), point.GetPayload(), nil)
		if err != nil {
			return nil, err
		}
		hits = append(hits, Hit{decoded.ID, point.GetScore(), decoded.Payload})
	}
	return hits, nil
}

// request asks each vector for more than limit, so that fusion can lift what
// both rank in the middle above what one ranks high.
func (q Query) request(collection string, filter *qdrant.Filter, limit int) *qdrant.QueryPoints {
	request := &qdrant.QueryPoints{
		CollectionName: collection,
		Limit:          qdrant.PtrOf(uint64(limit)),
		WithPayload:    qdrant.NewWithPayloadExclude(fieldDirs),
	}
	dense := qdrant.NewQueryDense(q.Dense)
	sparse := qdrant.NewQuerySparse(q.Sparse.Indices, q.Sparse.Values)
	switch {
	case len(q.Sparse.Indices) == 0:
		request.Query, request.Using, request.Filter = dense, qdrant.PtrOf(denseName), filter
	case len(q.Dense) == 0:
		request.Query, request.Using, request.Filter = sparse, qdrant.PtrOf(sparseName), filter
	default:
		depth := qdrant.PtrOf(uint64(max(4*limit, 50)))
		request.Query = qdrant.NewQueryFusion(qdrant.Fusion_RRF)
		request.Prefetch = []*qdrant.PrefetchQuery{
			{Query: dense, Using: qdrant.PtrOf(denseName), Filter: filter, Limit: depth},
			{Query: sparse, Using: qdrant.PtrOf(sparseName), Filter: filter, Limit: depth},
		}
	}
	return request
}

func (s *Store) query(ctx context.Context, collection string, request *qdrant.QueryPoints) ([]*qdrant.ScoredPoint, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	reply, err := s.points.Query(ctx, request)
	return reply.GetResult(), explain(ctx, err, "search %s", collection)
}
