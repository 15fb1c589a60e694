package search_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/search"
)

// function is a declaration too large to share a chunk.
func function(name, word string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s moves the %s.\nfunc %s(%s int) int {\n", name, word, name, word)
	for i := range 20 {
		fmt.Fprintf(&b, "\t%s += %d * %d\n", word, i, i)
	}
	fmt.Fprintf(&b, "\treturn %s\n}\n\n", word)
	return b.String()
}

// TestOneTextIsOneHit puts a function into two files of one commit, with different indentation. Both files are on two
// refs.
func TestOneTextIsOneHit(t *testing.T) {
	p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
	sluice := function("Sluice", "water")
	files := testpipe.Text(
		"a.go", "package mill\n\n"+function("Grind", "wheat")+sluice,
		"copy/b.go", "package copied\n\n"+strings.ReplaceAll(sluice, "\t", "        "),
	)
	repo.Commit(t, files)
	repo.CommitTo(t, "refs/heads/next", files)
	submit(t, p, events.DefaultTenant, "", repo)
	submit(t, p, events.DefaultTenant, "next", repo)

	hits := find(t, p, search.Query{Text: "sluice moves water", Symbols: []string{"Sluice"}})
	if len(hits) != 1 || hits[0].Symbol != "Sluice" {
		t.Fatalf("%d hits: %+v", len(hits), hits)
	}
	var got []string
	for _, at := range everywhere(hits[0]) {
		got = append(got, fmt.Sprintf("%s %s:%d-%d", at.Ref, at.Path, at.StartLine, at.EndLine))
		shown := strings.SplitAfter(repo.Show(t, at.Commit, at.Path), "\n")
		lines := strings.Join(shown[at.StartLine-1:at.EndLine], "")
		if !slices.Equal(strings.Fields(lines), strings.Fields(hits[0].Text)) {
			t.Errorf("%s holds %q instead of the hit's text", got[len(got)-1], lines)
		}
	}
	if got := got[0]; !strings.HasPrefix(got, "refs/heads/main a.go:") {
		t.Errorf("the hit is %s", got)
	}
	if len(got) != 4 {
		t.Errorf("places: %q", got)
	}
}

// TestCopiesDoNotFillTheAnswer makes more copies of one hit than there are other hits.
func TestCopiesDoNotFillTheAnswer(t *testing.T) {
	p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
	var pairs []string
	for i := range 60 {
		pairs = append(pairs, fmt.Sprintf("copy%d/water.txt", i), "water and water and water\n")
	}
	for i := range 4 {
		pairs = append(pairs, fmt.Sprintf("other%d.txt", i), fmt.Sprintf("the water of mill %d\n", i))
	}
	repo.Commit(t, testpipe.Text(pairs...))
	p.Submit(t, repo)
	p.Settle(t)
	hits := find(t, p, search.Query{Text: "water", Limit: 5})
	places := 0
	for _, h := range hits {
		places += len(everywhere(h))
	}
	if len(hits) != 5 || places != 64 {
		t.Errorf("%d hits in %d places, want 5 in 64", len(hits), places)
	}
}

// TestNeighboursAreOneRange finds two adjacent functions, and a third that touches neither.
func TestNeighboursAreOneRange(t *testing.T) {
	p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
	content := "package mill\n\n" + function("Sluice", "water") + function("Weir", "water") + function("Grind", "wheat") + function("Wheel", "water")
	commit := repo.Commit(t, testpipe.Text("mill.go", content))
	p.Submit(t, repo)
	p.Settle(t)
	hits := find(t, p, search.Query{Text: "water", Symbols: []string{"Sluice", "Weir", "Wheel"}})
	got := make(map[string]string)
	for _, h := range hits {
		got[h.Symbol] = h.Text
		lines := strings.SplitAfter(repo.Show(t, commit, "mill.go"), "\n")
		if want := strings.Join(lines[h.StartLine-1:h.EndLine], ""); h.Text != want || content[h.StartByte:h.EndByte] != want {
			t.Errorf("%s, lines %d to %d: %q", h.Symbol, h.StartLine, h.EndLine, h.Text)
		}
	}
	if len(hits) != 2 || !strings.Contains(got["Sluice"]+got["Weir"], "func Sluice") || !strings.Contains(got["Sluice"]+got["Weir"], "func Weir") {
		t.Errorf("%d hits: %q", len(hits), got)
	}
	if one := find(t, p, search.Query{Text: "water", Symbols: []string{"Sluice", "Weir"}, Limit: 1}); len(one) != 1 || strings.Count(one[0].Text, "func ") != 1 {
		t.Errorf("the best alone: %+v", one)
	}
}

// TestSymbolsAndPathsWeigh asks for words that many texts hold, but the name of only one definition or file.
func TestSymbolsAndPathsWeigh(t *testing.T) {
	p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
	uses := "package mill\n\n// Run calls openSluice and openSluice.\nfunc Run() {\n\topenSluice()\n\topenSluice()\n\topenSluice()\n}\n"
	repo.Commit(t, testpipe.Text(
		"a.go", uses,
		"z.go", "package mill\n\n"+strings.ReplaceAll(function("openSluice", "gate"), "moves", "lifts and lowers"),
		"notes/a.txt", "it becomes bread in the end\n", "notes/flour.txt", "it becomes bread in the end\n",
	))
	p.Submit(t, repo)
	p.Settle(t)
	if hits := find(t, p, search.Query{Text: "openSluice"}); hits[0].Path != "z.go" {
		t.Errorf("%s %s comes before the definition", hits[0].Path, hits[0].Symbol)
	}
	if hits := find(t, p, search.Query{Text: "flour for bread"}); hits[0].Path != "notes/flour.txt" {
		t.Errorf("%s stands for the copies instead of the named file", hits[0].Path)
	}
}
