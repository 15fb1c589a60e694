//go:build cgo

package tree

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestParseHard parses what is known to hold grammars for minutes, or to nest
// deeper than a C stack, as large as 200 KB. Each has to end within its budget,
// which is counted and not timed.
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
	}
	for _, language := range slices.Sorted(maps.Keys(grammars)) {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			for name, text := range texts {
				tree, cost := Parse(language, []byte(text))
				if tree != nil {
					tree.Root().Children()
					tree.Close()
				}
				// The parser looks at its budget once in a hundred steps, each
				// of which may take as much as the text is long.
				limit := budget(language, len(text))
				if cost.Steps > limit.Steps+100 || cost.Read > 2*limit.Read || cost.Allocated > 4*limit.Allocated {
					t.Errorf("%s: cost %+v, of %+v", name, cost, limit)
				}
			}
		})
	}
}

// FuzzParse looks for texts that break a grammar's scanner, which is C.
func FuzzParse(f *testing.F) {
	languages := slices.Sorted(maps.Keys(grammars))
	for i := range languages {
		f.Add(uint8(i), []byte("a <<~A, <<-'B'\n#{\"'`${b}\nA\n  r#\"c\"# R\"d(e)d\" $\"\"\"{{f}}\"\"\" %w(g)\n\t/* h */ <?php ?> </i>\n"))
	}
	f.Fuzz(func(t *testing.T, language uint8, text []byte) {
		if len(text) > 1<<12 {
			t.Skip("large")
		}
		tree, _ := Parse(languages[int(language)%len(languages)], text)
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
