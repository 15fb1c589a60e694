package eval

import (
	"strings"
	"testing"
)

// An agent that greps reads the lists of the rarest words, and then the files that hold most of
// them.
func TestLookCountsWhatIsRead(t *testing.T) {
	s := newShelf([]file{
		{"b.txt", "100644", "the sluice and the wheel\n"}, {"a.txt", "100644", "the sluice\nthe end\n"}, {"c.txt", "100644", "nothing\n"},
	})
	if got := strings.Join(s.rarest("the wheel, the sluice, the flour"), " "); got != "wheel the sluice" {
		t.Errorf("words %q", got)
	}
	list := len("b.txt:1:the sluice and the wheel\n")
	lists := list + len("a.txt:1:the sluice\n") + list
	named, read := s.look(newQuestion(KindDoc, "wheel sluice", answer{"a.txt", lines{1, 1}}))
	if want := tokensOf(list + len("a.txt:1:the sluice\n")); named != want {
		t.Errorf("named after %d tokens, want %d", named, want)
	}
	if want := tokensOf(lists + len("the sluice and the wheel\n") + len("the sluice\nthe end\n")); read != want {
		t.Errorf("read after %d tokens, want %d", read, want)
	}
	if named, read = s.look(newQuestion(KindDoc, "flour", answer{"a.txt", lines{1, 1}})); named != never || read != never {
		t.Errorf("%d, %d", named, read)
	}
}

func TestSeesThePieceOfARightFile(t *testing.T) {
	q := newQuestion(KindDoc, "x", answer{"a.go", lines{1, 1}})
	for text, want := range map[string]int{
		"» r b.go:1-2\nx\n» r a.go:1-2\nfunc\n": len("» r b.go:1-2\nx\n» r a.go:1-2\nfunc\n"),
		"» r a.go:1-2\nfunc\n» r b.go:1-2\nx\n": len("» r a.go:1-2\nfunc\n"),
		"» r ba.go:1-2\na.go:1\n":               never,
		"Nothing found: x.":                     never,
	} {
		at, seen := sees(text, q)
		if !seen {
			at = never
		}
		if at != want {
			t.Errorf("%q: %d, want %d", text, at, want)
		}
	}
}
