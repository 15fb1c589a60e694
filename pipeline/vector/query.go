package vector

import (
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/fault"
)

// Query is a search. With both vectors the two rankings are fused by their
// scores, see [Rank]; with one, it alone ranks.
type Query struct {
	Dense  []float32
	Sparse Sparse
	Filter Filter
	Limit  int // 1 to MaxCandidates
}

// Hit is a point found. Scores of one answer are comparable. Scores of two
// answers are not, except those of fused rankings, which are from 0 to 1.
type Hit struct {
	ID      uuid.UUID
	Score   float32
	Payload Payload
	// Apart says that the point is near by its dense vector alone and certainly
	// shares no term with the query.
	Apart bool
}

// Check rejects a query that no store can answer. It leaves the filter to
// [Filter.Plan].
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

// leastDepth is how many hits of each ranking are fused at least, so that a point
// in the middle of both is seen.
const leastDepth = 50

// depth is how many hits each ranking is asked for at first.
func (q *Query) depth() int {
	if len(q.Dense) == 0 || len(q.Sparse.Indices) == 0 {
		return q.Limit
	}
	return max(q.Limit, leastDepth)
}
