package network_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/network"
)

// near says whether two ranks are the same apart from rounding.
func near(a, b float64) bool { return math.Abs(a-b) < 1e-6 }

func TestRank(t *testing.T) {
	for name, test := range map[string]struct {
		nodes int
		edges []network.Edge
		want  []float64
	}{
		"nothing":       {0, nil, nil},
		"no edge":       {2, nil, []float64{0.5, 0.5}},
		"a circle":      {3, []network.Edge{{From: 0, To: 1, Weight: 1}, {From: 1, To: 2, Weight: 1}, {From: 2, To: 0, Weight: 1}}, []float64{1. / 3, 1. / 3, 1. / 3}},
		"edges of none": {2, []network.Edge{{From: 0, To: 0, Weight: 5}, {From: 0, To: 1, Weight: 0}}, []float64{0.5, 0.5}},
		// a = 0.15/2 + 0.85 b/2, b = 0.15/2 + 0.85 (a + b/2), so that b = 0.925/1.425.
		"one leads to one": {2, []network.Edge{{From: 0, To: 1, Weight: 0.4}}, []float64{0.5 / 1.425, 0.925 / 1.425}},
		// The edge of a with three quarters of the weight hands on three quarters.
		"weights": {3, []network.Edge{{From: 0, To: 1, Weight: 1}, {From: 0, To: 2, Weight: 2}, {From: 0, To: 2, Weight: 1}, {From: 1, To: 0, Weight: 1}, {From: 2, To: 0, Weight: 1}},
			[]float64{0.9 / 1.85, 0.05 + 0.85*0.25*0.9/1.85, 0.05 + 0.85*0.75*0.9/1.85}},
	} {
		got := network.New(test.nodes, test.edges).Rank()
		if !slices.EqualFunc(got, test.want, near) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// Two rings that one edge joins are two communities, in any order of the edges.
func TestCommunities(t *testing.T) {
	var edges []network.Edge
	for _, ring := range [][]int32{{0, 2, 4, 6}, {1, 3, 5, 7}} {
		for i, a := range ring {
			for _, b := range ring[i+1:] {
				edges = append(edges, network.Edge{From: a, To: b, Weight: 1})
			}
		}
	}
	edges = append(edges, network.Edge{From: 6, To: 1, Weight: 1})
	random := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		random.Shuffle(len(edges), func(i, j int) { edges[i], edges[j] = edges[j], edges[i] })
		of, modularity := network.New(9, slices.Clone(edges)).Communities()
		if !slices.Equal(of, []int{0, 1, 0, 1, 0, 1, 0, 1, 2}) {
			t.Fatalf("communities %v", of)
		}
		if want := 12./13 - 2*0.25; !near(modularity, want) {
			t.Fatalf("modularity %v, want %v", modularity, want)
		}
	}
	if of, modularity := network.New(3, nil).Communities(); !slices.Equal(of, []int{0, 1, 2}) || modularity != 0 {
		t.Errorf("without edges: %v, %v", of, modularity)
	}
}

// Each move gains modularity, so communities are never worse than a single one of all nodes, whose
// modularity is 0. They are the same each time.
func TestCommunitiesOfAnyNetworkGain(t *testing.T) {
	for seed := range uint64(30) {
		w := invented(200, 5, seed)
		of, modularity := w.Communities()
		again, same := w.Communities()
		if modularity < 0 || !slices.Equal(of, again) || modularity != same {
			t.Errorf("seed %d: modularity %v, then %v", seed, modularity, same)
		}
	}
}

// invented is a network that looks like one of files: most edges lead to files of the same
// directory, and edges from everywhere lead to a few files.
func invented(nodes, edges int, seed uint64) *network.Network {
	random := rand.New(rand.NewPCG(seed, 1))
	var list []network.Edge
	for i := range nodes {
		for range edges {
			to := i/20*20 + random.IntN(20)
			switch random.IntN(4) {
			case 0:
				to = random.IntN(nodes)
			case 1:
				to = random.IntN(nodes/100 + 1)
			}
			list = append(list, network.Edge{From: int32(i), To: int32(min(to, nodes-1)), Weight: 0.4 + random.Float64()})
		}
	}
	return network.New(nodes, list)
}

// The two together may take 2 s on a repository of 20,000 files.
func BenchmarkTwentyThousandFiles(b *testing.B) {
	w := invented(20_000, 30, 7)
	began := time.Now()
	for b.Loop() {
		w.Rank()
		w.Communities()
	}
	b.ReportMetric(time.Since(began).Seconds()/float64(b.N), "s/both")
}

// A repository has about ten times as many symbols as files.
func BenchmarkRankOfSymbols(b *testing.B) {
	w := invented(200_000, 8, 7)
	for b.Loop() {
		w.Rank()
	}
}
