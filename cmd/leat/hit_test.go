package main

import (
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/search"
)

func TestHitsAreHighlightedOnATerminalOnly(t *testing.T) {
	hit := service.Hit{
		Repository: "r", Path: "lib/water.go", StartLine: 6, EndLine: 7, Kind: "method", Symbol: "Stream.Flow", Ref: "refs/heads/main",
		Commit: "0123456789abcdef", Score: 0.5, Text: "// Flow says\nfunc openFlow() \x1b[31m\n",
		Places: []service.Place{{Repository: "r", Path: "b.go", StartLine: 1, EndLine: 2, Ref: "refs/tags/v1", Commit: "fedcba9876543210"}},
	}
	p := printer{matcher: search.NewMatcher("flow")}
	want := "lib/water.go:6-7  method Stream.Flow  main@0123456789 0.500\n" +
		"  also b.go:1-2  v1@fedcba9876\n     6  // Flow says\n     7  func openFlow() \uFFFD[31m\n"
	if got := p.hit(hit); got != want {
		t.Errorf("piped: %q, want %q", got, want)
	}
	p.color, p.repositories, p.lines = true, true, 1
	got := p.hit(hit)
	for _, part := range []string{
		"\x1b[1mr lib/water.go:6-7\x1b[0m", "  // \x1b[1;33mFlow\x1b[0m says\n", "\x1b[2m… 1 more line\x1b[0m", "also r b.go:1-2",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("on a terminal: %q holds no %q", got, part)
		}
	}
	hit.Places = append(hit.Places, hit.Places[0], hit.Places[0], hit.Places[0], hit.Places[0])
	if got := p.hit(hit); strings.Count(got, "b.go") != mostPlaces || !strings.Contains(got, "also in 2 more places") {
		t.Errorf("five places: %q", got)
	}
}
