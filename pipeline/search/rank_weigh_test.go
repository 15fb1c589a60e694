package search

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/leatworks/leat/pipeline/vector"
)

// only returns the rules with the given names.
func only(t *testing.T, names ...string) []Signal {
	t.Helper()
	var rules []Signal
	for _, s := range Signals() {
		for _, name := range names {
			if s.Name == name {
				rules = append(rules, s)
			}
		}
	}
	if len(rules) != len(names) {
		t.Fatalf("%d signals are called one of %q", len(rules), names)
	}
	return rules
}

// The products are written out by hand, independently of the code.
func TestWhatARuleWeighs(t *testing.T) {
	for name, c := range map[string]struct {
		rule, query, kind, symbol, path, language string
		bytes                                     int
		want                                      float64
	}{
		"nothing":              {"symbol", "water wheel", "function", "grind", "a.go", "Go", 1000, 1},
		"the name":             {"symbol", "openGate", "function", "openGate", "a.go", "Go", 1000, 1 + 3},
		"the method":           {"symbol", "open gate", "method", "Mill.openGate", "a.go", "Go", 1000, 1 + 3*2*2./(2+3)},
		"half of a name":       {"symbol", "gate", "function", "openGate", "a.go", "Go", 1000, 1 + 3*2*1./(1+3)},
		"a header's package":   {"symbol", "mill", "header", "mill", "a.go", "Go", 1000, 1},
		"named":                {"definition", "where is openGate called", "function", "openGate", "a.go", "Go", 1000, 3},
		"named alone":          {"definition", "gate", "type", "Mill > gate, wheel", "a.go", "Go", 1000, 3},
		"a constructor":        {"definition", "Mill", "method", "Mill > Mill", "a.go", "Go", 1000, 1 + 2*0.6},
		"named with its type":  {"definition", "Mill::gate", "method", "Mill > gate", "a.go", "Go", 1000, 3},
		"of another type":      {"definition", "Mill::gate", "method", "Lock > gate", "a.go", "Go", 1000, 1 + 2*0.6},
		"the type before it":   {"definition", "Mill::gate", "type", "Mill", "a.go", "Go", 1000, 1 + 2*0.3},
		"named in passing":     {"definition", "the gate of a mill", "type", "gate", "a.go", "Go", 1000, 1},
		"in another case":      {"definition", "where is opengate", "function", "openGate", "a.go", "Go", 1000, 1},
		"covered":              {"covered", "how the gate is opened at night", "function", "openGate", "a.go", "Go", 1000, 1.6},
		"half covered":         {"covered", "how the door is opened at night", "function", "openGate", "a.go", "Go", 1000, 1.3},
		"all in the path":      {"path", "mill gate", "function", "grind", "mill/gate.go", "Go", 1000, 1 + 1},
		"half in the path":     {"path", "mill water", "function", "grind", "mill/gate.go", "Go", 1000, 1 + 1./2},
		"all but little words": {"path", "wie geht das mill auf", "function", "grind", "mill/gate.go", "Go", 1000, 1 + 1},
		"without an ending":    {"path", "how are routes logged", "function", "grind", "router/logger.go", "Go", 1000, 1 + 1},
		"the file's name":      {"file name", "the gates of the mill", "function", "grind", "x/mill_gate.go", "Go", 1000, 1 + 1.5},
		"half of its name":     {"file name", "water gates", "function", "grind", "x/mill_gate.go", "Go", 1000, 1 + 1.5/2},
		"a file":               {"file", "what is in mill_gate.go?", "function", "grind", "x/mill_gate.go", "Go", 1000, 2},
		"a path's end":         {"file", "x/mill_gate.go", "function", "grind", "a/x/mill_gate.go", "Go", 1000, 2},
		"a file of that name":  {"file", "MillGate", "function", "grind", "x/mill_gate.go", "Go", 1000, 2},
		"a test":               {"test", "water", "function", "TestWater", "mill_test.go", "Go", 1000, 0.6},
		"a test of how":        {"test", "how water flows", "function", "TestWater", "mill_test.go", "Go", 1000, 0.4},
		"a directory of tests": {"test", "water", "function", "water", "unit-tests/mill.go", "Go", 1000, 0.6},
		"a test asked for":     {"test", "tests of water", "function", "TestWater", "mill_test.go", "Go", 1000, 1},
		"a named test":         {"test", "mill_test.go water", "function", "TestWater", "a/mill_test.go", "Go", 1000, 1},
		"a name of nowhere":    {"test", "E4711_x", "function", "TestWater", "mill_test.go", "Go", 1000, 1},
		"a name of a test":     {"test", "TestWater", "function", "TestWater", "mill_test.go", "Go", 1000, 0.6},
		"not a test":           {"test", "water", "function", "latest", "latest/contest.go", "Go", 1000, 1},
		"an example":           {"example", "water", "function", "main", "examples/mill.go", "Go", 1000, 0.6},
		"documentation":        {"prose", "water", "section", "Water", "README", "Markdown", 1000, 0.2},
		"code in docs":         {"prose", "water", "function", "water", "docs/conf.py", "Python", 1000, 0.2},
		"asked documentation":  {"prose", "readme water", "section", "Water", "README.md", "Markdown", 1000, 1},
	} {
		list := []candidate{{
			hit:   Hit{Kind: c.kind, Symbol: c.symbol, Path: c.path, Language: c.language},
			point: vector.Payload{StartByte: 7, EndByte: 7 + c.bytes}, fused: 0.5,
		}}
		other := candidate{hit: Hit{Path: "water.go"}, point: vector.Payload{StartByte: 1, EndByte: 2}, blob: [32]byte{1}}
		got := apply(only(t, c.rule), newQuestion(c.query), append(list, other))
		if weight := float64(got[0].hit.Score) / 0.5; math.Abs(weight-c.want) > 1e-4 {
			t.Errorf("%s: weighs %.4f, want %.4f", name, weight, c.want)
		}
	}
}

// arrange moves candidates to their places without a second list.
func TestArrange(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 40 {
		list, order := make([]candidate, n), random.Perm(n)
		for i := range list {
			list[i].held = i
		}
		want := slices.Clone(order)
		arrange(list, order)
		for i := range list {
			if list[i].held != want[i] {
				t.Fatalf("place %d of %v has %d", i, want, list[i].held)
			}
		}
	}
}
