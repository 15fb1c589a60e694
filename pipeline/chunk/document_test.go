package chunk

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// outlineOf returns the kind, symbol and size of each span.
func outlineOf(t *testing.T, language, text string) []string {
	t.Helper()
	var list []string
	for _, s := range check(t, language, []byte(text)) {
		list = append(list, fmt.Sprintf("%s %q %d", s.Kind, s.Symbol, s.EndLine-s.StartLine+1))
	}
	return list
}

func TestPages(t *testing.T) {
	page := strings.Repeat("a line of the page\n", 40) // 760 bytes
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"one page", page, []string{`section "page 1" 40`}},
		{"small pages", "a\n\f\nb\n\f\nc\n", []string{`section "pages 1-3" 5`}},
		{"three pages", page + "\f\n" + page + "\f\n" + page, []string{`section "page 1" 40`, `section "page 2" 41`, `section "page 3" 41`}},
		{"empty pages", "\f\n\f\n" + page + "\f\n\f\n" + page, []string{`section "pages 1-4" 43`, `section "page 5" 41`}},
		{"a large page", strings.Repeat(page, 5) + "\f\nend\n", []string{`section "page 1" 78`, `section "page 1" 78`, `section "page 1" 44`, `section "page 2" 2`}},
	} {
		if got := outlineOf(t, "PDF", test.text); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestHashes(t *testing.T) {
	words := strings.Repeat("words of a section\n", 20)
	text := "before\n# Water\n" + words + "## Wheels\n\n" + words + "#no heading\n####### neither\n#\n## Gates\n" + words
	want := []string{`section "" 1`, `section "Water" 21`, `section "Water > Wheels" 25`, `section "Water > Gates" 21`}
	for _, language := range []string{"Word", "HTML"} {
		if got := outlineOf(t, language, text); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", language, got, want)
		}
	}
}
