package vector

import (
	"cmp"
	"slices"

	"github.com/qdrant/go-client/qdrant"
)

// denseWeight is the dense ranking's part of a fused score; the rest is the
// sparse one's. See docs/quality.md.
const denseWeight = 1. / 3

// rankedPoints are what one vector finds, the best first.
type rankedPoints struct {
	points []*qdrant.ScoredPoint
	weight float32 // of the ranking
	last   float32 // the most that points have which it does not hold; 0: it holds all
}

// fuse makes one ranking of several. Each score is taken relative to the best
// of its own ranking, and a point's score is their weighted sum, from 0 to 1.
// Points of equal text so have equal scores, which reciprocal ranks do not give
// them.
//
// A point that only one ranking holds has, of the other, no more than its last
// score: that much it gets.
func fuse(list []rankedPoints) []*qdrant.ScoredPoint {
	if len(list) == 1 {
		return list[0].points
	}
	rest := float32(0) // the score of a point that no ranking holds
	for _, r := range list {
		rest += r.weight * r.relative(r.last)
	}
	at := make(map[string]*qdrant.ScoredPoint)
	for _, r := range list {
		for _, p := range r.points {
			id := p.GetId().GetUuid()
			if at[id] == nil {
				at[id] = &qdrant.ScoredPoint{Id: p.Id, Payload: p.Payload, Score: rest}
			}
			at[id].Score += r.weight * (r.relative(p.GetScore()) - r.relative(r.last))
		}
	}
	fused := make([]*qdrant.ScoredPoint, 0, len(at))
	for _, p := range at {
		fused = append(fused, p)
	}
	slices.SortFunc(fused, func(a, b *qdrant.ScoredPoint) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.GetId().GetUuid(), b.GetId().GetUuid()))
	})
	return fused
}

// relative is a score by the best, 0 where it is below.
func (r rankedPoints) relative(score float32) float32 {
	if len(r.points) == 0 || r.points[0].GetScore() <= 0 {
		return 0
	}
	return max(score, 0) / r.points[0].GetScore()
}
