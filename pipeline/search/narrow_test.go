package search_test

import (
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/search"
)

const millPy = `import water

class Mill:
    """Grinds."""

    stones = 2

    def __init__(self):
        self.level = 0

    # Opens the gate
    # by a hand.
    @logged
    def open(self, by):
        def count(n):
            return n + 1
        return count(by)

    def shut(self):
        return self.level
`

// TestASymbolIsShownByItsLines asks for definitions in a type that is one chunk.
func TestASymbolIsShownByItsLines(t *testing.T) {
	p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("mill.py", millPy, "other.py", "def open_all():\n    pass\n"))
	submit(t, p, "default", "", repo)
	for _, c := range []struct {
		symbol      string
		first, last int
		text        string // how the hit begins
	}{
		{"Mill", 3, 19, "class Mill"},
		{"Mill > open", 11, 17, "    # Opens the gate\n"},
		{"open", 11, 17, "    # Opens the gate\n"},
		{"shut", 19, 20, "    def shut"},
		{"stones", 6, 6, "    stones"},
		{"count", 15, 16, "        def count"},
	} {
		hits := find(t, p, search.Query{Text: "nothing of this", Symbols: []string{c.symbol}})
		if len(hits) != 1 {
			t.Errorf("%s: %d hits", c.symbol, len(hits))
			continue
		}
		h := hits[0]
		if h.StartLine != c.first || c.symbol != "Mill" && h.EndLine != c.last || !strings.HasPrefix(h.Text, c.text) {
			t.Errorf("%s: lines %d to %d, %q", c.symbol, h.StartLine, h.EndLine, h.Text)
		}
		if got := millPy[h.StartByte:h.EndByte]; got != h.Text || strings.Count(got, "\n") != h.EndLine-h.StartLine+1 {
			t.Errorf("%s: bytes %d to %d are %q, the text is %q", c.symbol, h.StartByte, h.EndByte, got, h.Text)
		}
		if h.Symbol != c.symbol && !strings.HasSuffix(h.Symbol, " > "+c.symbol) {
			t.Errorf("%s: the hit's symbol is %s", c.symbol, h.Symbol)
		}
	}
	hits := find(t, p, search.Query{Text: "level", Path: "mill.py"})
	var names []string
	for _, s := range hits[0].Symbols {
		names = append(names, s.Name)
	}
	if got := strings.Join(names, ", "); got != "Mill, Mill > stones, Mill > __init__, Mill > open, Mill > open > count, Mill > shut" {
		t.Errorf("the hit defines %s", got)
	}
}
