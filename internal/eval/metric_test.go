package eval

import (
	"math"
	"testing"
)

// The figures are computed by hand: 1/log2(2) = 1, 1/log2(3) = 0.6309,
// 1/log2(4) = 0.5, 1/log2(5) = 0.4307.
func TestMeasure(t *testing.T) {
	far := make(ranking, 11)
	far[10] = []int{0}
	last := make(ranking, 10)
	last[9] = []int{0}
	for name, c := range map[string]struct {
		ranking           ranking
		answers           int
		mrr, recall, ndcg float64
	}{
		"first":                       {ranking{{0}}, 1, 1, 1, 1},
		"second":                      {ranking{nil, {0}}, 1, 0.5, 1, 0.6309},
		"none":                        {ranking{nil, nil}, 1, 0, 0, 0},
		"no hit":                      {nil, 2, 0, 0, 0},
		"tenth":                       {last, 1, 0.1, 1, 0.2891},
		"eleventh":                    {far, 1, 0, 0, 0},
		"both at the top":             {ranking{{0}, {1}}, 2, 1, 1, 1},
		"both, one late":              {ranking{nil, {1}, nil, {0}}, 2, 0.5, 1, (0.6309 + 0.4307) / (1 + 0.6309)},
		"one of two":                  {ranking{{1}}, 2, 1, 0.5, 1 / (1 + 0.6309)},
		"the same twice":              {ranking{{0}, {0}}, 2, 1, 0.5, 1 / (1 + 0.6309)},
		"the same twice, then other":  {ranking{{0}, {0}, {1}}, 2, 1, 1, (1 + 0.5) / (1 + 0.6309)},
		"a hit that finds both":       {ranking{{0, 1}}, 2, 1, 1, 1 / (1 + 0.6309)},
		"more answers than hits seen": {ranking{{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}}, 20, 1, 0.5, 1},
	} {
		mrr, recall, ndcg := measure(c.ranking, c.answers)
		for _, m := range []struct {
			name      string
			got, want float64
		}{{"MRR", mrr, c.mrr}, {"recall", recall, c.recall}, {"nDCG", ndcg, c.ndcg}} {
			if math.Abs(m.got-m.want) > 1e-4 {
				t.Errorf("%s: %s is %.4f, want %.4f", name, m.name, m.got, m.want)
			}
		}
	}
}

func TestMeansOfParts(t *testing.T) {
	var a, b, whole Metrics
	for i, score := range []float64{1, 0.5, 0, 0.25, 0.75} {
		if i < 2 {
			a.add(score, 1, 0)
		} else {
			b.add(score, 0, score)
		}
		whole.add(score, map[bool]float64{true: 1}[i < 2], map[bool]float64{false: score}[i < 2])
	}
	a.merge(b)
	a.merge(Metrics{})
	if a.Questions != 5 || math.Abs(a.MRR-0.5) > 1e-9 || math.Abs(a.Recall-0.4) > 1e-9 || math.Abs(a.NDCG-0.2) > 1e-9 {
		t.Errorf("merged %+v", a)
	}
	if math.Abs(a.MRR-whole.MRR)+math.Abs(a.Recall-whole.Recall)+math.Abs(a.NDCG-whole.NDCG) > 1e-9 {
		t.Errorf("merged %+v, at once %+v", a, whole)
	}
}

func TestWhatAHitFinds(t *testing.T) {
	for _, c := range []struct {
		hit, asked lines
		want       bool
	}{
		{lines{1, 10}, lines{3, 5}, true},    // around it
		{lines{1, 10}, lines{10, 13}, false}, // a quarter of it
		{lines{1, 10}, lines{9, 12}, true},   // half of it
		{lines{40, 60}, lines{1, 200}, true}, // a part of it
		{lines{190, 230}, lines{1, 200}, false},
		{lines{7, 9}, lines{7, 7}, true},
		{lines{8, 9}, lines{7, 7}, false},
	} {
		if got := c.hit.finds(c.asked); got != c.want {
			t.Errorf("lines %v find %v: %t", c.hit, c.asked, got)
		}
	}
	answers := []answer{{"a.go", lines{1, 2}}, {"b.go", lines{5, 6}}}
	hits := [][]answer{{{"c.go", lines{1, 2}}}, {{"c.go", lines{1, 2}}, {"b.go", lines{5, 6}}}}
	if r := judge(hits, answers); len(r[0]) != 0 || len(r[1]) != 1 || r[1][0] != 1 {
		t.Errorf("judged %v", r)
	}
}
