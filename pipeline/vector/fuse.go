package vector

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/google/uuid"
)

// denseWeight is the share of the dense ranking in a fused score. The rest is the share of the sparse ranking. See
// docs/quality.md.
const denseWeight = 1. / 3

// Found is a point in a ranking. Value is whatever the driver needs to make a [Hit] of it.
type Found[T any] struct {
	ID    uuid.UUID
	Score float32
	Value T
	Apart bool // see [Hit]
}

// Ranking is the answer to one vector of a query.
type Ranking[T any] struct {
	// Points are the points that fit the filter, the best first.
	Points []Found[T]
	// Last is the score of the last point looked at, whether or not it fits. No point outside the ranking has a larger
	// score. 0 says that all points were looked at.
	Last float32
	// All says that there are no more points to look at.
	All bool
}

// Rank answers a query by the rankings of its vectors, the dense one before the sparse one. It returns up to q.Limit
// points, the best first. It asks for more of each ranking until enough points fit, or [MaxCandidates] of each have
// been looked at. So if fewer of the best 10,000 points fit a glob or a symbol than were asked for, there are fewer
// hits.
//
// A single ranking keeps its scores and its order. Of two rankings, each score is divided by the best score of its
// ranking. The score of a point is the weighted sum of both, from 0 to 1, so that points with equal texts have equal
// scores. A point that only one ranking holds gets the other's last score, because it cannot have more there. Points
// with equal scores are ordered by id.
func Rank[T any](q *Query, ask func(depth int) ([]Ranking[T], error)) ([]Found[T], error) {
	for depth := q.depth(); ; depth = min(4*depth, MaxCandidates) {
		rankings, err := ask(depth)
		if err != nil {
			return nil, err
		}
		found := fuse(rankings, denseWeight, 1-denseWeight)
		all := !slices.ContainsFunc(rankings, func(r Ranking[T]) bool { return !r.All })
		if len(found) >= q.Limit || all || depth == MaxCandidates {
			return found[:min(q.Limit, len(found))], nil
		}
	}
}

// fuse makes one ranking of several. Each has a weight.
func fuse[T any](list []Ranking[T], weights ...float32) []Found[T] {
	if len(list) == 1 {
		return list[0].Points
	}
	rest := float32(0) // the score of a point that no ranking holds
	most := 0
	for i := range list {
		rest += weights[i] * list[i].relative(list[i].Last)
		most += len(list[i].Points)
	}
	at := make(map[uuid.UUID]int, most)
	fused := make([]Found[T], 0, most)
	for i := range list {
		r := &list[i]
		for _, p := range r.Points {
			place, seen := at[p.ID]
			if !seen {
				place = len(fused)
				at[p.ID] = place
				// The last ranking is the sparse one. If it is whole, it holds every point that shares a term with the
				// query.
				fused = append(fused, Found[T]{p.ID, rest, p.Value, i+1 < len(list) && list[len(list)-1].All})
			}
			fused[place].Apart = fused[place].Apart && i+1 < len(list)
			fused[place].Score += weights[i] * (r.relative(p.Score) - r.relative(r.Last))
		}
	}
	slices.SortFunc(fused, func(a, b Found[T]) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), bytes.Compare(a.ID[:], b.ID[:]))
	})
	return fused
}

// relative divides a score by the best; a negative score is 0.
func (r *Ranking[T]) relative(score float32) float32 {
	if len(r.Points) == 0 || r.Points[0].Score <= 0 {
		return 0
	}
	return max(score, 0) / r.Points[0].Score
}
