package web

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// classes writes the classes and the texts of lines.
func classes(lines [][]span) string {
	var b strings.Builder
	for _, line := range lines {
		for _, s := range line {
			fmt.Fprintf(&b, "[%s %s]", s.class, s.text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// The lines of a hit have the same colours as in the whole text, even if a comment continues below
// them.
func TestFirstLinesHaveTheColoursOfTheWhole(t *testing.T) {
	text := "package a\n\n/*\n" + strings.Repeat("sluice\n", 40) + "*/\nfunc Sluice() int { return 1 }\n"
	whole, _ := colour(t.Context(), "Go", "a.go", text, len(text))
	lines, left := newPalette().paint(t.Context(), "Go", "a.go", text)
	if len(lines) != linesPerHit || left != len(whole)-linesPerHit {
		t.Fatalf("%d lines are shown and %d left out, of %d", len(lines), left, len(whole))
	}
	if got, want := classes(lines), classes(whole[:linesPerHit]); got != want || !strings.Contains(got, "[c sluice]") {
		t.Errorf("the lines are\n%s\nand not\n%s", got, want)
	}
}

// Blank lines at the end of a hit are not shown, and not counted as left out.
func TestBlankLinesAtTheEndAreLeftOut(t *testing.T) {
	for text, want := range map[string]int{"a\n\n \n": 1, "a\n\nb\n": 3, "\n\n": 1, strings.Repeat("a\n", linesPerHit) + "\n\n": linesPerHit} {
		if lines, left := newPalette().paint(t.Context(), "", "a", text); len(lines) != want || left != 0 {
			t.Errorf("%q: %d lines and %d more", text, len(lines), left)
		}
	}
}

// A palette returns the same lines to everybody, and keeps no more than its bound.
func TestThePaletteIsBounded(t *testing.T) {
	p := newPalette()
	text := func(i int) string { return fmt.Sprintf("package a%d\n", i) }
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range mostPainted + 64 {
				lines, _ := p.paint(t.Context(), "Go", "x/a.go", text(i))
				if want, _ := colour(t.Context(), "Go", "a.go", text(i), linesPerHit); !reflect.DeepEqual(lines, want) {
					t.Errorf("text %d: %s and not %s", i, classes(lines), classes(want))
				}
			}
		})
	}
	group.Wait()
	if len(p.kept) != mostPainted || p.order.Len() != mostPainted {
		t.Errorf("%d and %d are kept", len(p.kept), p.order.Len())
	}
	last := text(mostPainted + 63)
	a, _ := p.paint(t.Context(), "Go", "a.go", last)
	b, _ := p.paint(t.Context(), "Go", "b/a.go", last)
	if &a[0] != &b[0] {
		t.Error("the same text was coloured twice")
	}
	if c, _ := p.paint(t.Context(), "Python", "a.go", last); &c[0] == &a[0] {
		t.Error("another language has the same colours")
	}
}

// Colours that took too long are not kept, because the next request may have the time.
func TestColoursThatTookTooLongAreNotKept(t *testing.T) {
	p := newPalette()
	late, stop := context.WithCancel(t.Context())
	stop()
	if lines, _ := p.paint(late, "Go", "a.go", "package a\n"); classes(lines) != "[ package a]\n" || len(p.kept) != 0 {
		t.Errorf("%s, and %d are kept", classes(lines), len(p.kept))
	}
	if lines, _ := p.paint(t.Context(), "Go", "a.go", "package a\n"); !strings.Contains(classes(lines), "[k package]") || len(p.kept) != 1 {
		t.Errorf("%s, and %d are kept", classes(lines), len(p.kept))
	}
	if _, _ = p.paint(t.Context(), "", "a.nosuch", "package a\n"); len(p.kept) != 2 {
		t.Error("a text without a language is not kept")
	}
}
