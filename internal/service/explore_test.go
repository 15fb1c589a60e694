package service_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// wheel is a repository in which one definition calls another in a different file, and one
// definition is too long for one chunk.
func wheel() map[string]string {
	var long strings.Builder
	long.WriteString("package wheel\n\n// Turn turns the water wheel until the sluice is closed.\nfunc Turn(water int) int {\n")
	for i := range 120 {
		fmt.Fprintf(&long, "\twater = water + openSluice(%d) // the water wheel turns\n", i)
	}
	long.WriteString("\treturn water\n}\n\n// Stop stops the wheel.\nfunc Stop() {}\n")
	return map[string]string{
		"wheel.go":  long.String(),
		"sluice.go": "package wheel\n\n// openSluice lifts the gate by so many notches.\nfunc openSluice(notches int) int {\n\treturn notches * 2\n}\n",
		"other.go":  "package wheel\n\n// Grind makes flour of grain.\nfunc Grind(grain int) int {\n\treturn grain - 1\n}\n",
	}
}

func texts(files map[string]string) []string {
	var list []string
	for _, path := range slices.Sorted(func(yield func(string) bool) {
		for path := range files {
			if !yield(path) {
				return
			}
		}
	}) {
		list = append(list, path, files[path])
	}
	return list
}

func TestExploreShowsWholeDefinitionsAndTheirCalls(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	files := wheel()
	commit := m.put(t, "acme", repo, "refs/heads/main", testpipe.Text(texts(files)...))
	a, err := m.Explore(t.Context(), service.ExploreRequest{Tenant: "acme", Question: "how does the water wheel turn", MaxTokens: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	find := func(symbol string) *service.Piece {
		for i := range a.Pieces {
			if a.Pieces[i].Symbol == symbol {
				return &a.Pieces[i]
			}
		}
		t.Fatalf("no piece of %s in %+v", symbol, a)
		return nil
	}
	turn := find("Turn")
	if lines := strings.Count(turn.Text, "\n"); lines < 121 || turn.EndLine-turn.StartLine+1 != lines || !strings.Contains(turn.Text, "\treturn water\n}") {
		t.Errorf("Turn is not whole: %d lines, %d to %d", lines, turn.StartLine, turn.EndLine)
	}
	if turn.Commit != commit || turn.Revision != 1 || turn.Underway || turn.Repository != repo.Dir || turn.CalledBy != "" {
		t.Errorf("Turn is said to be of %+v", turn)
	}
	for i, p := range a.Pieces {
		want := strings.Split(files[p.Path], "\n")[p.StartLine-1 : p.EndLine]
		if got := strings.Split(strings.TrimSuffix(p.Text, "\n"), "\n"); !slices.Equal(got, want) {
			t.Errorf("%s:%d-%d is not what the file has", p.Path, p.StartLine, p.EndLine)
		}
		for _, q := range a.Pieces[:i] {
			if q.Path == p.Path && q.StartLine <= p.EndLine && p.StartLine <= q.EndLine {
				t.Errorf("%s:%d-%d and %d-%d overlap", p.Path, p.StartLine, p.EndLine, q.StartLine, q.EndLine)
			}
		}
	}
	if sluice := find("openSluice"); !strings.Contains(sluice.Text, "notches * 2") {
		t.Errorf("openSluice: %q", sluice.Text)
	}
}

func TestExploreKeepsToItsBudget(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	m.put(t, "acme", repo, "refs/heads/main", testpipe.Text(texts(wheel())...))
	most := 0
	for _, tokens := range []int{service.LeastExploreTokens, 700, 1000, 2000, 4000, 20_000} {
		a, err := m.Explore(t.Context(), service.ExploreRequest{Tenant: "acme", Question: "how does the water wheel turn", MaxTokens: tokens})
		if err != nil {
			t.Fatal(err)
		}
		bytes := 0
		for _, p := range a.Pieces {
			bytes += len(p.Text) + len(p.Path) + len(p.Symbol) + len(p.Repository)
		}
		for _, l := range a.Leads {
			bytes += len(l.Path) + len(l.Symbol) + len(l.Repository)
		}
		if bytes > tokens*service.BytesPerToken {
			t.Errorf("%d tokens: %d bytes", tokens, bytes)
		}
		if len(a.Pieces)+len(a.Leads) == 0 {
			t.Errorf("%d tokens: nothing", tokens)
		}
		if len(a.Pieces) < most {
			t.Errorf("%d tokens: %d pieces, and %d with fewer tokens", tokens, len(a.Pieces), most)
		}
		most = len(a.Pieces)
	}
	for _, tokens := range []int{-1, 1, service.LeastExploreTokens - 1, service.MaxExploreTokens + 1} {
		if _, err := m.Explore(t.Context(), service.ExploreRequest{Tenant: "acme", Question: "x", MaxTokens: tokens}); !errors.Is(err, service.Invalid) {
			t.Errorf("%d tokens: %v", tokens, err)
		}
	}
}

func TestAnEmptyAnswerSaysWhy(t *testing.T) {
	m := open(t)
	m.put(t, "acme", testpipe.NewRepo(t), "refs/heads/main", testpipe.Text("a.go", "package a\n"))
	for _, test := range []struct {
		name string
		r    service.SearchRequest
		want string
	}{
		{"nothing submitted", service.SearchRequest{Tenant: "other", Query: "water"}, "no repository has been submitted"},
		{"filters", service.SearchRequest{Tenant: "acme", Query: "package", Languages: []string{"Rust"}}, "no indexed text is of that language and kind"},
	} {
		got, err := m.Search(t.Context(), test.r)
		if err != nil || got.Empty != test.want || got.Hits == nil {
			t.Errorf("%s: %+v, %v", test.name, got, err)
		}
	}
	// A repository that is being read may turn out to hold the answer.
	repo := testpipe.NewRepo(t)
	repo.CommitTo(t, "refs/heads/main", testpipe.Text("b.rs", "fn water() {}\n"))
	if err := m.Ingest.Handle(t.Context(), testpipe.Submission(t, "acme", events.RepoSubmitted{Tenant: "acme", URL: repo.Dir, Ref: "refs/heads/main"})); err != nil {
		t.Fatal(err)
	}
	got, err := m.Search(t.Context(), service.SearchRequest{Tenant: "acme", Query: "water", Languages: []string{"Rust"}})
	if err != nil || !strings.Contains(got.Empty, "; 1 of 2 refs are still being read or indexed: ask again later") {
		t.Errorf("while it is read: %+v, %v", got, err)
	}
}

func TestReadReturnsTheDefinitionAroundALine(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	m.put(t, "acme", repo, "refs/heads/main", testpipe.Text(texts(wheel())...))
	for _, test := range []struct {
		path   string
		around int
		symbol string
		has    string
	}{
		{"sluice.go", 5, "openSluice", "notches * 2\n}"},
		{"wheel.go", 60, "Turn", "return water\n}"},
		{"wheel.go", 129, "Stop", "func Stop() {}"},
	} {
		a := m.read(t, service.ReadRequest{Tenant: "acme", Repository: repo.Dir, Path: test.path, Around: test.around})
		if a.Symbol != test.symbol || a.First > test.around || a.Last < test.around || !strings.HasSuffix(strings.TrimSpace(a.Text), test.has) {
			t.Errorf("%s around %d: %s, lines %d to %d, %d bytes", test.path, test.around, a.Symbol, a.First, a.Last, len(a.Text))
		}
	}
	for _, bad := range []service.ReadRequest{{Around: -1}, {Around: 3, First: 1}, {Around: 3, Last: 9}, {Around: 4000}} {
		bad.Tenant, bad.Repository, bad.Path = "acme", repo.Dir, "sluice.go"
		if _, err := m.Read(t.Context(), bad); !errors.Is(err, service.Invalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
