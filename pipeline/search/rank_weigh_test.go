package search

import (
	"math"
	"testing"

	"github.com/leatworks/leat/pipeline/vector"
)

// The products are written out by hand, independently of the code.
func TestWeigh(t *testing.T) {
	for name, c := range map[string]struct {
		query, kind, symbol, path string
		bytes                     int
		want                      float64
	}{
		"nothing":            {"water wheel", "function", "grind", "a.go", 1000, 1},
		"the name":           {"openGate", "function", "openGate", "a.go", 1000, 1 + 3},
		"the method":         {"open gate", "method", "Mill.openGate", "a.go", 1000, 1 + 3*2*2./(2+3)},
		"half of a name":     {"gate", "function", "openGate", "a.go", 1000, 1 + 3*2*1./(1+3)},
		"a header's package": {"mill", "header", "mill", "a.go", 1000, 1},
		"all in the path":    {"mill gate", "function", "grind", "mill/gate.go", 1000, 1 + 2},
		"half in the path":   {"mill water", "function", "grind", "mill/gate.go", 1000, 1 + 2./2},
		"short":              {"water wheel", "function", "grind", "a.go", 100, math.Pow(0.1, 0.05)},
		"long":               {"water wheel", "function", "grind", "a.go", 4096, math.Pow(4.096, 0.05)},
	} {
		found := candidate{hit: Hit{Kind: c.kind, Symbol: c.symbol, Path: c.path}, point: vector.Payload{StartByte: 7, EndByte: 7 + c.bytes}, fused: 0.5, boost: 1}
		found.weigh(termsOf(c.query))
		if got := float64(found.hit.Score) / 0.5; math.Abs(got-c.want) > 1e-4 {
			t.Errorf("%s: weighs %.4f, want %.4f", name, got, c.want)
		}
	}
}
