package service

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/pipeline/search"
)

// long is a definition of some 200 lines, one of which answers the question.
func long() Piece {
	var text strings.Builder
	text.WriteString("// Send sends.\nfunc Send(n int) error {\n")
	for i := range 200 {
		if i == 120 {
			text.WriteString("\t// It gives up when the deadline has passed.\n\tif expired(deadline) {\n\t\treturn errGivenUp\n\t}\n")
		}
		fmt.Fprintf(&text, "\tstep(%d)\n", i)
	}
	text.WriteString("}\n")
	return Piece{
		Lead: Lead{Repository: "r", Path: "send.go", Symbol: "Send", StartLine: 11, EndLine: 11 + strings.Count(text.String(), "\n") - 1},
		Text: text.String(), Left: []Gap{}, symbols: []HitSymbol{{"Send", 12, 217}},
	}
}

// A piece that does not fit shows its head and the lines that the question is about, and says which
// lines it leaves out.
func TestACutPieceShowsWhatIsAskedFor(t *testing.T) {
	whole := long()
	lines := slices.Collect(strings.Lines(whole.Text))
	c := newCutter(search.NewNames("what happens when the deadline expires"), []Piece{whole})
	for most := 90; most < whole.cost(true); most += 7 {
		p, fits := c.cut(whole, most, true)
		if !fits || p.cost(true) > most {
			t.Fatalf("%d tokens: %d, %t", most, p.cost(true), fits)
		}
		for _, want := range []string{"func Send(n int) error {\n", "\tif expired(deadline) {\n"} {
			if !strings.Contains(p.Text, want) {
				t.Errorf("%d tokens do not show %q but %q", most, want, p.Text)
			}
		}
		var shown strings.Builder
		for i, line := range lines {
			at := whole.StartLine + i
			if !slices.ContainsFunc(p.Left, func(g Gap) bool { return g.StartLine <= at && at <= g.EndLine }) {
				shown.WriteString(line)
			}
		}
		if shown.String() != p.Text {
			t.Errorf("%d tokens: %q is shown, and %q is not left out", most, p.Text, shown.String())
		}
	}
	if p, fits := c.cut(whole, 10, true); fits {
		t.Errorf("10 tokens: %q", p.Text)
	}
}

// A piece without a word of the question is not cut, because there is nothing to choose lines by.
func TestAPieceWithoutTheWordsIsNotCut(t *testing.T) {
	c := newCutter(search.NewNames("which colour has the moon"), []Piece{long()})
	if p, fits := c.cut(long(), 200, true); fits {
		t.Errorf("%q", p.Text)
	}
}
