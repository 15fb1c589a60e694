package search

import (
	"slices"
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		"parseHTTPHeader2":               "parse http header 2",
		"parse_http_header":              "parse http header",
		"src/gate-keeper/README.md":      "src gate keeper readme md",
		"HTTPServer":                     "http server",
		"Ünïcode Straße":                 "unicode strasse",
		"\xffgate\xff":                   "gate",
		"x86_64":                         "x 86 64",
		strings.Repeat("a ", 2*maxWords): strings.TrimSpace(strings.Repeat("a ", maxWords)),
	} {
		var got []string
		for _, w := range wordsOf(text, maxWords) {
			got = append(got, w.text)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestRelatedWords(t *testing.T) {
	for _, pair := range []struct {
		a, b string
		want bool
	}{
		{"logging", "logger", true}, {"routes", "router", true}, {"serialized", "serialization", true}, {"config", "configuration", true},
		{"dependency", "dependencies", true}, {"http", "https", true}, {"gate", "gates", true}, {"water", "water", true},
		{"gate", "mill", false}, {"run", "runtime", false}, {"grasses", "grass", true}, {"context", "content", false}, {"is", "ist", false},
	} {
		if a, b := newWord(pair.a), newWord(pair.b); a.related(b) != pair.want || b.related(a) != pair.want {
			t.Errorf("%s and %s: related is %v and %v, want %v", pair.a, pair.b, a.related(b), b.related(a), pair.want)
		}
	}
}

func TestQuestions(t *testing.T) {
	for text, want := range map[string]struct {
		words, identifiers string
		asks               role
	}{
		"How is the gate opened?":            {"how is the gate opened", "", 0},
		"gate":                               {"gate", "gate", 0},
		"why does `openGate()` fail":         {"why does open gate fail", "openGate", 0},
		"open_gate in Mill::Wheel":           {"open gate in mill wheel", "open_gate", 0},
		"examples of tests":                  {"examples of tests", "", roleExample | roleTest},
		"where is the configuration read":    {"where is the configuration read", "", 0},
		"README":                             {"readme", "README", roleProse},
		"gate gate GATE":                     {"gate", "", 0},
		strings.Repeat("ab", 1) + " \xff ??": {"ab", "", 0},
	} {
		q := newQuestion(text)
		var got, names []string
		for _, w := range q.words {
			got = append(got, w.text)
		}
		for name := range q.identifiers {
			names = append(names, name)
		}
		slices.Sort(names)
		if strings.Join(got, " ") != want.words || strings.Join(names, " ") != want.identifiers || q.asks != want.asks {
			t.Errorf("%q: words %q, identifiers %q, roles %b", text, got, names, q.asks)
		}
	}
}
