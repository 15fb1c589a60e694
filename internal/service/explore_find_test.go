package service

import (
	"strings"
	"testing"

	"github.com/google/uuid"
)

// Places that several searches find come before places that one finds. Places that share lines
// become one.
func TestFusionPrefersWhatSeveralSearchesFind(t *testing.T) {
	a, b := uuid.New(), uuid.New()
	hit := func(of uuid.UUID, first, last int) Hit { return Hit{document: of, StartLine: first, EndLine: last} }
	got := fuse([][]Hit{
		{hit(a, 1, 10), hit(a, 30, 40), hit(b, 1, 5)},
		{hit(b, 4, 9), hit(a, 50, 60)},
		nil,
	})
	want := []Hit{hit(b, 1, 5), hit(a, 1, 10), hit(a, 30, 40), hit(a, 50, 60)}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i := range want {
		if got[i].document != want[i].document || got[i].StartLine != want[i].StartLine || got[i].EndLine != want[i].EndLine {
			t.Errorf("place %d is lines %d to %d, want %d to %d", i, got[i].StartLine, got[i].EndLine, want[i].StartLine, want[i].EndLine)
		}
	}
}

// A hit with several definitions is taken apart. A comment goes with the definition after it.
func TestDefinitionsOfAHitAreTakenApart(t *testing.T) {
	text := "// A is first.\nfunc A() {\n" + strings.Repeat("\ta()\n", 40) + "}\n\n// B is second.\nfunc B() {\n}\n"
	h := Hit{Symbol: "A", StartLine: 11, EndLine: 10 + strings.Count(text, "\n"), Text: text, Symbols: []HitSymbol{{"A", 12, 53}, {"B", 56, 57}}}
	got := apart([]Hit{h})
	if len(got) != 2 || got[0].Symbol != "A" || got[1].Symbol != "B" || got[1].StartLine != 55 || got[1].EndLine != 57 {
		t.Fatalf("got %+v", got)
	}
	if got[1].Text != "// B is second.\nfunc B() {\n}\n" || !strings.HasSuffix(got[0].Text, "\ta()\n}\n") || got[0].EndLine != 53 {
		t.Errorf("got %q", got[1].Text)
	}
	if h.Symbols = h.Symbols[:1]; len(apart([]Hit{h})) != 1 {
		t.Error("one definition was taken apart")
	}
}
