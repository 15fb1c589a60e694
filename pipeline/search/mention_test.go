package search

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/vector"
)

func TestHowFarAChunkDefinesWhatAQueryNames(t *testing.T) {
	for _, c := range []struct {
		query, symbol string
		want          float64
	}{
		{"Mill", "Mill", 1},
		{"Mill", "river > Mill", 1},
		{"Mill", "Mill > Mill", shareOfOwner},
		{"Mill", "Mill > open", 0},
		{"mill", "Mill", 0},
		{"Mill::open", "Mill > open", 1},
		{"Mill.open()", "Mill.open", 1},
		{"river::Mill::open", "Mill::open", 1},
		{"Mill::open", "Gate > open", shareElsewhere},
		{"Mill::open", "Mill", shareLeading},
		{"where is Mill::openGate called", "Mill > openGate", 1},
		{"where is openGate called", "Mill > openGate", 1},
		{"openGate or Mill::openGate", "Gate > openGate", 1},
		{"Gate", "openGate, Gate", 1},
		{"Mill > open", "Mill > open", 0}, // two words of a sentence
	} {
		for form, found := range map[string]candidate{
			"symbols": {point: vector.Payload{Symbols: vector.NewSymbols([]vector.Symbol{{Name: strings.TrimPrefix(c.symbol, "openGate, "), StartLine: 1, EndLine: 2}})}},
			"symbol":  {hit: Hit{Symbol: c.symbol}},
		} {
			if got := named(newQuestion(c.query), &found); math.Abs(got-c.want) > 1e-9 {
				t.Errorf("%q names %q, as %s: %v, want %v", c.query, c.symbol, form, got, c.want)
			}
		}
	}
}

func TestNamesToLookUp(t *testing.T) {
	for query, want := range map[string][]string{
		"Mill":                               {"Mill"},
		"Rack::Builder":                      {"Builder"},
		"where is openGate or close_gate()":  {"close_gate", "openGate"},
		"how water flows":                    nil,
		"a Mill::openGate and its openGates": {"openGate", "openGates"},
	} {
		if got := newQuestion(query).defined(); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
}

func TestDefinitionsJoinTheCandidates(t *testing.T) {
	hit := func(id byte, score float32) vector.Hit { return vector.Hit{ID: uuid.UUID{id}, Score: score} }
	got := with([]vector.Hit{hit(1, 0.9), hit(2, 0.4)}, []vector.Hit{hit(2, 1), hit(3, 1)})
	if want := []vector.Hit{hit(1, 0.9), hit(2, 0.4), hit(3, 0.4)}; !slices.EqualFunc(got, want, func(a, b vector.Hit) bool {
		return a.ID == b.ID && a.Score == b.Score
	}) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := with(nil, []vector.Hit{hit(3, 1)}); len(got) != 0 {
		t.Errorf("%v join no candidates", got)
	}
}
