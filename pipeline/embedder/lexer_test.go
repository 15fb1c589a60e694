package embedder

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// words returns the stemmed parts of each identifier, joined by blanks.
func words(text string) []string {
	var all []string
	lex := lexer{text: text}
	for lex.next() {
		var parts []string
		start := 0
		for _, end := range lex.ends[:lex.parts] {
			parts = append(parts, string(stem(lex.ident[start:end])))
			start = int(end)
		}
		all = append(all, strings.Join(parts, " "))
	}
	return all
}

func TestLexer(t *testing.T) {
	for text, want := range map[string][]string{
		"":                            nil,
		" \t\n(){}":                   nil,
		"parseHTTPHeader":             {"parse http header"},
		"ParseHttpHeader":             {"parse http header"},
		"parse_http_header":           {"parse http header"},
		"parse-http-header":           {"parse http header"},
		"__init__":                    {"init"},
		"_":                           nil,
		"a.b->c":                      {"a", "b", "c"},
		"x-1 n - m -flag end-":        {"x", "1", "n", "m", "flag", "end"},
		"sha256sum x86_64 utf8":       {"sha 256 sum", "x 86 64", "utf 8"},
		"userIDs URLs allowedURLsFor": {"user ids", "url", "allowed url for"},
		"APIServer IServer":           {"api server", "i server"},
		"queries boxes headers class status series": {"query", "boxe", "header", "class", "status", "sery"},
		"GRÖSSE größenKlasse":                       {"grösse", "größen klasse"},
		"ПриветМир":                                 {"привет мир"},
		"検索 engine":                                 {"検索", "engine"},
		"ok\xffbad\xc3(":                            {"ok", "bad"},
		"it's":                                      {"it", "s"},
	} {
		if got := words(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestLexerBoundsIdentifiers(t *testing.T) {
	for _, unit := range []string{"x", "aB", "ы", "検", "a_", "Ⱥ"} {
		text := strings.Repeat(unit, 1000)
		lex := lexer{text: text}
		n := 0
		for lex.next() {
			if lex.size > maxIdent || lex.parts > lex.size || int(lex.ends[lex.parts-1]) != lex.size {
				t.Fatalf("%q: %d bytes, %d parts", unit, lex.size, lex.parts)
			}
			n++
		}
		if n < 2 || lex.pos != len(text) {
			t.Errorf("%q: %d identifiers, %d of %d bytes read", unit, n, lex.pos, len(text))
		}
	}
}

func FuzzLexer(f *testing.F) {
	f.Add("parseHTTPHeader user_ids x86-64 \xff ы検")
	f.Fuzz(func(t *testing.T, text string) {
		lex := lexer{text: text}
		for lex.next() {
			at := 0
			for _, end := range lex.ends[:lex.parts] {
				if int(end) <= at || int(end) > lex.size {
					t.Fatalf("part ends %v of %d bytes", lex.ends[:lex.parts], lex.size)
				}
				at = int(end)
			}
			if at != lex.size {
				t.Fatalf("parts end at %d of %d bytes", at, lex.size)
			}
		}
		if lex.pos != len(text) {
			t.Fatalf("read %d of %d bytes", lex.pos, len(text))
		}
	})
}

// TestWeights compares the tables with the formulas in their comments, which it computes in another way.
func TestWeights(t *testing.T) {
	// 1 + ln tf, times 1024, from a table of logarithms.
	for tf, want := range map[int]int64{1: 1024, 2: 1734, 3: 2149, 10: 3382, 100: 5740, 255: 6698} {
		if frequencies[tf] != want {
			t.Errorf("a frequency of %d weighs %d, want %d", tf, frequencies[tf], want)
		}
	}
	for n, want := range map[int]int64{2: 512, 8: 256, 50: 102} {
		if shares[n] != want {
			t.Errorf("each of %d shares is %d, want %d", n, shares[n], want)
		}
	}
}

func TestTableCountsAsItGrows(t *testing.T) {
	var tab table
	tab.reset()
	const distinct = 5000
	for range 3 {
		for i := range distinct {
			tab.add(hashLetters(fmt.Append(nil, i)))
		}
	}
	if len(tab.words) != distinct {
		t.Fatalf("%d words, want %d", len(tab.words), distinct)
	}
	for i, w := range tab.words {
		if w.count != 3 || w.hash != hashLetters(fmt.Append(nil, i)) {
			t.Fatalf("word %d: %+v", i, w)
		}
	}
}
