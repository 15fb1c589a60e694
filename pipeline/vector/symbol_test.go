package vector

import (
	"slices"
	"strings"
	"testing"
)

func TestSymbolsAreOneText(t *testing.T) {
	want := []Symbol{{"Mill > open", 3, 9}, {"a b", 10, 10}, {"Öffne", 11, 12}}
	if got := slices.Collect(NewSymbols(want).All()); !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
	for _, none := range []Symbols{"", "x", "1 2", "1 2 ", "1 x a", "\n\n"} {
		if got := slices.Collect(none.All()); got != nil {
			t.Errorf("%q: %+v", none, got)
		}
	}
}

func TestNamesOfADefinition(t *testing.T) {
	for name, want := range map[string]string{
		"open":              "open",
		"Mill > open":       "Mill > open|open",
		"a > Mill > open":   "a > Mill > open|open",
		"Mill.open":         "Mill.open|open",
		"mill > Weir::rise": "mill > Weir::rise|Weir::rise|rise",
		"Doc > The mill":    "Doc > The mill|The mill",
		"operator.":         "operator.",
	} {
		if got := strings.Join(slices.Collect(Symbol{Name: name}.Names()), "|"); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	p := Payload{Symbols: NewSymbols([]Symbol{{Name: "Mill"}, {Name: "Mill > o\u0308ffne"}, {Name: "Mill"}})}
	if got := p.Names(); !slices.Equal(got, []string{"Mill", "Mill > öffne", "öffne"}) {
		t.Errorf("names %q", got)
	}
}
