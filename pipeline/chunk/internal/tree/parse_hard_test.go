//go:build cgo

package tree

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestParseHard parses texts of 200 KB that are known to hold a grammar for
// minutes, to take gigabytes, or to nest deeper than a C stack. Each has to end
// within its budget, which is counted and not timed.
func TestParseHard(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds a grammar")
	}
	const large = 200 << 10
	random := rand.New(rand.NewPCG(1, 2))
	var quotes strings.Builder
	for quotes.Len() < large {
		quotes.WriteByte("\"'`\"'`\\\n "[random.IntN(9)])
	}
	texts := map[string]string{
		"mixed quotes": quotes.String(),
		"two quotes":   strings.Repeat(`"'`, large/2),
		"brackets":     strings.Repeat("(", large),
		"blocks":       strings.Repeat("a{", large/2),
		"calls":        strings.Repeat("a(b", large/3),
		"heredocs":     strings.Repeat("<<A\n", large/4),
		"tags":         strings.Repeat("<a b={", large/6),
		"templates":    strings.Repeat("template<", large/9), // 1.4 GB for C# without a budget
		"async":        strings.Repeat("async<", large/6),    // 6 GB for Java
		"patterns":     strings.Repeat("x is A<", large/7),   // 20 s for C#
		"generics":     strings.Repeat("a<b,", large/4),
		"ternaries":    strings.Repeat("a ? b < ", large/8),
	}
	for _, language := range slices.Sorted(maps.Keys(grammars)) {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			for name, text := range texts {
				tree, cost := Parse(t.Context(), language, []byte(text))
				if tree != nil {
					tree.Root().Children()
					tree.Close()
				}
				// The parser looks at its steps once in a hundred. The last
				// allocation that is counted is the one that is refused.
				limit := budget(language, len(text))
				if cost.Steps > limit.Steps+100 || cost.Read > 2*limit.Read || tree != nil && cost.Allocated > limit.Allocated || cost.Allocated > 2*limit.Allocated {
					t.Errorf("%s: cost %+v, of %+v", name, cost, limit)
				}
			}
		})
	}
}

// FuzzParse looks for texts that break a grammar's scanner, which is C, and for
// parses that take more memory than their budget.
func FuzzParse(f *testing.F) {
	languages := slices.Sorted(maps.Keys(grammars))
	for i := range languages {
		f.Add(uint8(i), []byte("template<async<x is A<a<b,c?d<"))
		f.Add(uint8(i), []byte("a <<~A, <<-'B'\n#{\"'`${b}\nA\n  r#\"c\"# R\"d(e)d\" $\"\"\"{{f}}\"\"\" %w(g)\n\t/* h */ <?php ?> </i>\n"))
	}
	f.Fuzz(func(t *testing.T, language uint8, text []byte) {
		if len(text) > 1<<12 {
			t.Skip("large")
		}
		name := languages[int(language)%len(languages)]
		tree, cost := Parse(t.Context(), name, text)
		if limit := budget(name, len(text)); tree != nil && cost.Allocated > limit.Allocated {
			t.Fatalf("%d bytes were allocated, of %d", cost.Allocated, limit.Allocated)
		}
		if tree == nil {
			return
		}
		defer tree.Close()
		walk(t, tree.Root(), 0, len(text), 0)
	})
}

// walk fails if a node reaches out of the text.
func walk(t *testing.T, n Node, start, end, depth int) {
	if n.Start < start || n.End > end || n.Start > n.End {
		t.Fatalf("%s is [%d, %d), in [%d, %d)", n.Kind, n.Start, n.End, start, end)
	}
	if depth > 100 {
		return
	}
	for _, child := range n.Children() {
		walk(t, child, 0, end, depth+1)
	}
}

// TestParseGivesBack parses, again and again, a text that stops in the middle. The memory
// of each parse is given back; otherwise it would add up to 2 GB.
func TestParseGivesBack(t *testing.T) {
	hard := []byte(strings.Repeat("template<", 8<<10))
	before := resident(t)
	for range 100 {
		if tree, _ := Parse(t.Context(), "C#", hard); tree != nil {
			t.Fatal("it was to stop")
		}
	}
	if grown := resident(t) - before; grown > 200<<20 {
		t.Errorf("the process has grown by %d bytes", grown)
	}
}

// resident returns how much memory this process takes, in bytes.
func resident(t *testing.T) int {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("this system does not say how much memory a process takes")
	}
	var size, pages int
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
