package vector

import (
	"math"
	"slices"
	"testing"

	"github.com/google/uuid"
)

// ranking makes a ranking of single-letter ids and their scores.
func ranking(last float32, pairs ...any) Ranking[string] {
	r := Ranking[string]{Last: last}
	for i := 0; i < len(pairs); i += 2 {
		name := pairs[i].(string)
		r.Points = append(r.Points, Found[string]{ID: uuid.UUID{name[0]}, Score: float32(pairs[i+1].(float64)), Value: name})
	}
	return r
}

// The sums are written out by hand.
func TestFuse(t *testing.T) {
	for name, c := range map[string]struct {
		list    []Ranking[string]
		weights []float32
		names   []string
		scores  []float64
	}{
		"one ranking keeps its scores": {[]Ranking[string]{ranking(0, "a", 7., "b", 3.)}, []float32{1}, []string{"a", "b"}, []float64{7, 3}},
		// The dense ranking says only that c has no more than 0.4.
		"what one lacks has its last score": {
			[]Ranking[string]{ranking(0.4, "a", 0.8, "b", 0.4), ranking(0, "b", 6., "c", 3.)}, []float32{0.25, 0.75},
			[]string{"b", "c", "a"}, []float64{0.25*0.5 + 0.75, 0.25*0.5 + 0.75*0.5, 0.25},
		},
		"below zero is zero": {
			[]Ranking[string]{ranking(-0.5, "a", 0.5, "b", -0.5), ranking(0, "b", 2.)}, []float32{0.5, 0.5}, []string{"a", "b"}, []float64{0.5, 0.5},
		},
		"nothing is near": {
			[]Ranking[string]{ranking(-0.1, "a", -0.1), ranking(0, "b", 2.)}, []float32{0.5, 0.5}, []string{"b", "a"}, []float64{0.5, 0},
		},
		"a filter leaves none of a": {[]Ranking[string]{ranking(0.3), ranking(0, "b", 2.)}, []float32{0.5, 0.5}, []string{"b"}, []float64{0.5}},
	} {
		var names []string
		var scores []float64
		for _, p := range fuse(c.list, c.weights...) {
			names, scores = append(names, p.Value), append(scores, float64(p.Score))
			if p.ID != (uuid.UUID{p.Value[0]}) {
				t.Errorf("%s: %s has the id %s", name, p.Value, p.ID)
			}
		}
		near := slices.EqualFunc(scores, c.scores, func(a, b float64) bool { return math.Abs(a-b) < 1e-6 })
		if !slices.Equal(names, c.names) || !near {
			t.Errorf("%s: %v %v, want %v %v", name, names, scores, c.names, c.scores)
		}
	}
}

// A point certainly shares no term with the query only if a whole sparse ranking lacks it.
func TestApart(t *testing.T) {
	for whole, want := range map[bool]map[string]bool{
		true:  {"a": true, "b": false, "c": false},
		false: {"a": false, "b": false, "c": false},
	} {
		sparse := ranking(0, "b", 6., "c", 3.)
		sparse.All = whole
		for _, p := range fuse([]Ranking[string]{ranking(0.4, "a", 0.8, "b", 0.4), sparse}, 0.5, 0.5) {
			if p.Apart != want[p.Value] {
				t.Errorf("with a whole ranking %v: %s is apart: %v", whole, p.Value, p.Apart)
			}
		}
	}
}
