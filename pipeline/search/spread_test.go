package search

import (
	"math"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/vector"
)

// The sums are written out by hand.
func TestRulesOfSeveralCandidates(t *testing.T) {
	mill, gate := uuid.UUID{1}, uuid.UUID{2}
	list := func() []candidate {
		var all []candidate
		for i, c := range []struct {
			document uuid.UUID
			score    float32
		}{{gate, 0.9}, {mill, 0.8}, {mill, 0.6}, {mill, 0.5}} {
			all = append(all, candidate{
				hit: Hit{Path: string('a' + c.document[0])}, blob: [32]byte{byte(i)}, point: vector.Payload{Document: c.document, StartByte: 10 * i, EndByte: 10*i + 9}, fused: c.score,
			})
		}
		return all
	}
	for _, c := range []struct {
		rule, query string
		parts       bool
		want        []float64
	}{
		{"siblings", "How does water flow", true, []float64{0.8 + 0.25*(0.7*0.6+0.49*0.5), 0.9, 0.6 + 0.25*(0.7*0.6+0.49*0.5), 0.5 + 0.25*(0.7*0.6+0.49*0.5)}},
		{"repeat", "water", true, []float64{0.9, 0.8, 0.6 * 0.8, 0.5 * 0.64}},
		{"siblings", "water", false, []float64{0.8 + 0.25*(0.7*0.6+0.49*0.5), 0.9, 0.6, 0.5}},
		{"siblings", "How does water flow", false, []float64{0.8 + 0.5*(0.7*0.6+0.49*0.5), 0.9, 0.6, 0.5}},
		{"repeat", "water", false, []float64{0.9, 0.8, 0.6 * 0.95, 0.5 * 0.9025}},
	} {
		var got []float64
		q := newQuestion(c.query)
		q.parts = c.parts
		for _, found := range apply(only(t, c.rule), q, list()) {
			got = append(got, float64(found.hit.Score))
		}
		slices.SortFunc(c.want, func(a, b float64) int { return int(math.Copysign(1, b-a)) })
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-6 }) {
			t.Errorf("%s of %q: %.4f, want %.4f", c.rule, c.query, got, c.want)
		}
	}
}

// The weights of water, wheel and gate are 3 + 1 - 2, 3 + 1 - 1 and 3 + 1 - 1. No text holds a lantern.
func TestWordsGatheredInAFile(t *testing.T) {
	mill, gate := uuid.UUID{1}, uuid.UUID{2}
	rule := only(t, "gathered")[0]
	for _, c := range []struct {
		query string
		parts bool
		want  []float64
	}{
		{"water wheel gate lantern", false, []float64{0.9 * (1 + 0.2*2/8), 0.8 * (1 + 0.2*8/8), 0.7}},
		{"water wheel gate lantern", true, []float64{0.9, 0.8, 0.7}},
		{"the lantern", false, []float64{0.9, 0.8, 0.7}},
	} {
		q := newQuestion(c.query)
		q.parts = c.parts
		list := []candidate{
			{hit: Hit{Path: "a.go", Score: 0.9, Text: "water"}, point: vector.Payload{Document: gate}},
			{hit: Hit{Path: "b.go", Score: 0.8, Text: "water"}, point: vector.Payload{Document: mill}},
			{hit: Hit{Path: "b.go", Score: 0.7, Symbol: "wheel", Text: "gate"}, point: vector.Payload{Document: mill}},
		}
		for i := range list {
			list[i].terms = q.terms.in(termsIn(list[i].hit.Symbol + "\n" + list[i].hit.Text))
		}
		rule.read(q, list, rule.constant(q))
		for i, want := range c.want {
			if got := float64(list[i].hit.Score); math.Abs(got-want) > 1e-6 {
				t.Errorf("%q, several parts wanted: %t: candidate %d has %.4f, want %.4f", c.query, c.parts, i, got, want)
			}
		}
	}
}

// FuzzRanking checks that the order does not depend on the order in which the
// candidates came, that no candidate is lost, and that scores are numbers.
func FuzzRanking(f *testing.F) {
	f.Add("how are routes logged", "router/logger.go", "Router > log; Mill, gate", "Go", uint64(7))
	f.Add("./a/b.go: no such file", "a/b.go", "", "", uint64(1))
	f.Add("\xff\x00 ÀÉ_x 水車 <<<>>>", "\xff/水車/..d.ts", "a > b > ; ,, ", "Markdown", uint64(9))
	f.Add("XMLHttpRequest2URL s es ings", "test_/.env", "Mill.openGate", "JSON", uint64(3))
	f.Fuzz(func(t *testing.T, query, path, symbol, language string, seed uint64) {
		var list []candidate
		for i := range 12 {
			seed = seed*6364136223846793005 + 1442695040888963407
			document := byte(seed >> 60)
			c := candidate{blob: [32]byte{document}, fused: float32(seed>>40&0xff) / 255, point: vector.Payload{Document: uuid.UUID{document}, StartByte: 100 * i, EndByte: 100*i + int(seed>>33&0x7f) + 1}}
			c.hit = Hit{Path: path + string('a'+rune(document)), Symbol: symbol, Language: language, StartLine: i + 1, EndLine: i + 2}
			if i%3 == 0 {
				c.hit.Path, c.hit.Kind, c.hit.Symbol = string('a'+rune(document)), kindHeader, ""
			}
			list = append(list, c)
		}
		back := slices.Clone(list)
		slices.Reverse(back)
		one, two := apply(signals, newQuestion(query), list), apply(signals, newQuestion(query), back)
		if len(one) != 12 || len(two) != 12 {
			t.Fatalf("%d and %d of 12 candidates are left", len(one), len(two))
		}
		for i := range one {
			if s := float64(one[i].hit.Score); math.IsNaN(s) || math.IsInf(s, 0) || s < 0 {
				t.Fatalf("the score of %q is %v", one[i].hit.Path, s)
			}
			if one[i].point != two[i].point || one[i].hit.Score != two[i].hit.Score {
				t.Fatalf("place %d: %v in one order, %v in another", i, one[i].point, two[i].point)
			}
		}
	})
}
