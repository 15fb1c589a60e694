package vector

import (
	"math"
	"slices"
	"testing"

	"github.com/qdrant/go-client/qdrant"
)

func scored(pairs ...any) []*qdrant.ScoredPoint {
	var list []*qdrant.ScoredPoint
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, &qdrant.ScoredPoint{Id: qdrant.NewIDUUID(pairs[i].(string)), Score: float32(pairs[i+1].(float64))})
	}
	return list
}

// The sums are written out by hand.
func TestFuse(t *testing.T) {
	for name, c := range map[string]struct {
		list   []rankedPoints
		ids    []string
		scores []float64
	}{
		"one ranking keeps its scores": {[]rankedPoints{{points: scored("a", 7., "b", 3.), weight: 1}}, []string{"a", "b"}, []float64{7, 3}},
		// Of c, the dense ranking says only that it has no more than 0.4.
		"what one lacks has its last score": {
			[]rankedPoints{{scored("a", 0.8, "b", 0.4), 0.25, 0.4}, {scored("b", 6., "c", 3.), 0.75, 0}},
			[]string{"b", "c", "a"}, []float64{0.25*0.5 + 0.75, 0.25*0.5 + 0.75*0.5, 0.25},
		},
		"below zero is zero":        {[]rankedPoints{{scored("a", 0.5, "b", -0.5), 0.5, -0.5}, {scored("b", 2.), 0.5, 0}}, []string{"a", "b"}, []float64{0.5, 0.5}},
		"nothing is near":           {[]rankedPoints{{scored("a", -0.1), 0.5, -0.1}, {scored("b", 2.), 0.5, 0}}, []string{"b", "a"}, []float64{0.5, 0}},
		"a filter leaves none of a": {[]rankedPoints{{nil, 0.5, 0.3}, {scored("b", 2.), 0.5, 0}}, []string{"b"}, []float64{0.5}},
	} {
		var ids []string
		var scores []float64
		for _, p := range fuse(c.list) {
			ids, scores = append(ids, p.GetId().GetUuid()), append(scores, float64(p.GetScore()))
		}
		near := slices.EqualFunc(scores, c.scores, func(a, b float64) bool { return math.Abs(a-b) < 1e-6 })
		if !slices.Equal(ids, c.ids) || !near {
			t.Errorf("%s: %v %v, want %v %v", name, ids, scores, c.ids, c.scores)
		}
	}
}
