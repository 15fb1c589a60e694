package search

import "testing"

func TestNamesOfAQuestion(t *testing.T) {
	n := NewNames("what happens when the parsed header is invalid")
	if got, want := n.Plain(), "parsed header invalid"; got != want {
		t.Errorf("plain: %q, want %q", got, want)
	}
	want := "parsed pars parse parss parsed parsing parser parsion header head heade heads headed heading header headion invalid invalid invalide invalids invalided invaliding invalider invalidion"
	if got := n.Forms(); got != want {
		t.Errorf("forms: %q, want %q", got, want)
	}
	var counts [MaxNames]int
	held, words := n.Count("func parseHeaders(h Header) // parsing", &counts)
	if held != 0b011 || words != 6 || counts[0] != 2 || counts[1] != 2 {
		t.Errorf("held %b of %d words, %v", held, words, counts[:3])
	}
	for _, test := range []struct {
		path, language string
		aside          bool
	}{
		{"lib/header.go", "Go", false}, {"lib/header_test.go", "Go", true}, {"README.md", "Markdown", true}, {"examples/a.go", "Go", true},
	} {
		if got := n.Aside(test.path, test.language); got != test.aside {
			t.Errorf("%s is aside: %t", test.path, got)
		}
	}
	if !NewNames("which tests cover headers").Tests() || n.Tests() {
		t.Error("asks for tests")
	}
}
