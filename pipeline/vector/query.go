package vector

import (
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/fault"
)

// Query is a search. If it has both vectors, their rankings are fused by their scores, see [Rank]. If it has one
// vector, that alone ranks.
type Query struct {
	Dense  []float32
	Sparse Sparse
	Filter Filter
	Limit  int // 1 to MaxCandidates
}

// Hit is a point found. Scores of one answer are comparable. Scores of two answers are not, unless both come from fused
// rankings and so are from 0 to 1.
type Hit struct {
	ID      uuid.UUID
	Score   float32
	Payload Payload
	// Apart says that the point is near by its dense vector alone and certainly
	// shares no term with the query.
	Apart bool
}

// Check rejects a query that no store can answer. [Filter.Plan] checks the filter.
func (q *Query) Check() error {
	err := q.Sparse.check()
	switch {
	case q.Limit < 1 || q.Limit > MaxCandidates:
		err = fmt.Errorf("limit %d: use 1 to %d", q.Limit, MaxCandidates)
	case err == nil && len(q.Dense) == 0 && len(q.Sparse.Indices) == 0:
		err = errors.New("the query has neither a dense nor a sparse vector")
	}
	return fault.Reject(err)
}

// leastDepth is the least number of hits of each ranking that are fused, so that a point in the middle of both is seen.
const leastDepth = 50

// depth returns how many hits each ranking is asked for at first.
func (q *Query) depth() int {
	if len(q.Dense) == 0 || len(q.Sparse.Indices) == 0 {
		return q.Limit
	}
	return max(q.Limit, leastDepth)
}
