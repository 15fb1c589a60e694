package service_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/chunk/child"
	"github.com/leatworks/leat/pipeline/graph"
)

// graphs makes the graphs that are owed.
func (m mill) graphs(t *testing.T) {
	t.Helper()
	step := graph.New(graph.Config{}, graph.RoomsOf(m.Catalog), m.Blobs, child.InProcess{}, m.Logs.Logger())
	if err := step.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func graphTree() testpipe.Tree {
	return testpipe.Text(
		"go.mod", "module example.org/mill\n",
		"wheel/w.go", "package wheel\n\n// Wheel turns. It is old.\ntype Wheel struct{ n int }\n\n// New makes a wheel.\nfunc New() *Wheel { return &Wheel{} }\n\nfunc (w *Wheel) Turn() int { return w.n }\n",
		"wheel/w_test.go", "package wheel\n\nfunc TestTurn() { New().Turn() }\n",
		"main.go", "package main\n\nimport (\n\t\"fmt\"\n\t\"example.org/mill/wheel\"\n)\n\nfunc main() { run() }\n\nfunc run() {\n\tw := wheel.New()\n\tfmt.Println(w.Turn())\n}\n",
	)
}

func TestQuestionsToAGraph(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	commit := m.put(t, "acme", repo, "refs/heads/main", graphTree())
	ask := func(symbol string) service.GraphRequest {
		return service.GraphRequest{Tenant: "acme", Repository: repo.Dir, Symbol: symbol}
	}
	if _, err := m.Symbols(t.Context(), service.SymbolsRequest{GraphRequest: ask("new")}); !errors.Is(err, service.NotFound) {
		t.Errorf("before there is a graph: %v", err)
	}
	m.graphs(t)
	found, err := m.Symbols(t.Context(), service.SymbolsRequest{GraphRequest: ask("wh"), Prefix: true, Kinds: []string{"type"}})
	if err != nil || len(found.Symbols) != 1 || found.Commit != commit || found.Underway {
		t.Fatalf("symbols: %+v, %v", found, err)
	}
	if s := found.Symbols[0]; s.ID != "wheel/w.go#Wheel" || s.Doc != "Wheel turns." || s.Signature != "type Wheel struct{ n int }" || s.StartLine != 4 {
		t.Errorf("symbol: %+v", s)
	}
	uses := func(r service.UsesRequest) (list []string) {
		t.Helper()
		a, err := m.Uses(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range a.Uses {
			list = append(list, fmt.Sprintf("%s %s %s by %s %d", u.From.ID, u.Role, u.To.ID, u.Strategy, u.Lines))
		}
		return list
	}
	for _, test := range []struct {
		request service.UsesRequest
		want    []string
	}{
		{service.UsesRequest{GraphRequest: ask("Wheel.Turn")}, []string{
			"main.go#run call wheel/w.go#Wheel.Turn by type [12]", "wheel/w_test.go#TestTurn call wheel/w.go#Wheel.Turn by type [3]",
		}},
		{service.UsesRequest{GraphRequest: ask("wheel/w.go#Wheel.Turn"), Limit: 1}, []string{"main.go#run call wheel/w.go#Wheel.Turn by type [12]"}},
		{service.UsesRequest{GraphRequest: ask("wheel/w.go#Wheel.Turn"), Limit: 1, After: "1"}, []string{"wheel/w_test.go#TestTurn call wheel/w.go#Wheel.Turn by type [3]"}},
		{service.UsesRequest{GraphRequest: ask("main.go#run"), Outward: true}, []string{
			"main.go#run call wheel/w.go#New by import [11]", "main.go#run call wheel/w.go#Wheel.Turn by type [12]",
		}},
		{service.UsesRequest{GraphRequest: ask("New"), Roles: []string{"type"}}, nil},
		{service.UsesRequest{GraphRequest: ask("New"), MinConfidence: 0.99}, nil},
	} {
		if got := uses(test.request); !slices.Equal(got, test.want) {
			t.Errorf("%+v:\n%q, want\n%q", test.request, got, test.want)
		}
	}
	walk := func(a service.WalkAnswer, err error) (list []string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range a.Nodes {
			list = append(list, fmt.Sprintf("%d %s", n.Depth, n.ID))
		}
		return list
	}
	impact := []string{"0 wheel/w.go#New", "1 wheel/w_test.go#TestTurn", "1 main.go#run", "2 main.go#main"}
	breaks := func(r service.ImpactRequest) []string {
		t.Helper()
		a, err := m.Impact(t.Context(), r)
		return walk(a.WalkAnswer, err)
	}
	if got := breaks(service.ImpactRequest{WalkRequest: service.WalkRequest{GraphRequest: ask("New")}}); !slices.Equal(got, impact) {
		t.Errorf("impact: %q, want %q", got, impact)
	}
	path := []string{"0 main.go#main", "1 main.go#run", "2 wheel/w.go#Wheel.Turn"}
	if got := walk(m.Path(t.Context(), service.PathRequest{GraphRequest: ask("main"), To: "Turn"})); !slices.Equal(got, path) {
		t.Errorf("path: %q, want %q", got, path)
	}
	if got := walk(m.Path(t.Context(), service.PathRequest{GraphRequest: ask("Turn"), To: "main.go#main"})); len(got) != 0 {
		t.Errorf("a path against the calls: %q", got)
	}
	near := []string{"0 main.go#run", "1 main.go#main", "1 wheel/w.go#New", "1 wheel/w.go#Wheel.Turn"}
	if got := walk(m.Neighbours(t.Context(), service.WalkRequest{GraphRequest: ask("run")})); !slices.Equal(got, near) {
		t.Errorf("neighbours: %q, want %q", got, near)
	}
	page := service.WalkRequest{GraphRequest: ask("run"), Limit: 3}
	first, err := m.Neighbours(t.Context(), page)
	if err != nil || !first.More || first.Next == "" || !slices.Equal(walk(first, nil), near[:3]) {
		t.Errorf("the first page of neighbours: %+v, %v", first, err)
	}
	page.After = first.Next
	if last, err := m.Neighbours(t.Context(), page); err != nil || last.More || last.Next != "" || !slices.Equal(walk(last, nil), near[3:]) {
		t.Errorf("the last page of neighbours: %+v, %v", last, err)
	}
	for name, request := range map[string]service.WalkRequest{
		"no cursor":         {GraphRequest: ask("run"), After: "x"},
		"an unknown symbol": {GraphRequest: ask("nosuch")}, "too deep": {GraphRequest: ask("New"), Depth: 7}, "no direction": {GraphRequest: ask("New"), Direction: "up"},
		"a role of nothing": {GraphRequest: ask("New"), Roles: []string{"x"}}, "no symbol": {GraphRequest: ask("")},
		"another tenant": {GraphRequest: service.GraphRequest{Tenant: "other", Repository: repo.Dir, Symbol: "New"}},
		"out of reach":   {GraphRequest: service.GraphRequest{Tenant: "acme", Reach: []string{"nosuch/**"}, Repository: repo.Dir, Symbol: "New"}},
	} {
		if a, err := m.Neighbours(t.Context(), request); !errors.Is(err, service.NotFound) && !errors.Is(err, service.Invalid) {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
	tree := graphTree()
	tree["more.go"] = testpipe.File{Content: "package main\n"}
	m.put(t, "acme", repo, "refs/heads/main", tree)
	if a, err := m.Symbols(t.Context(), service.SymbolsRequest{GraphRequest: ask("New")}); err != nil || a.Commit != commit || !a.Underway {
		t.Errorf("with a newer commit: %+v, %v", a.At, err)
	}
}

// The impact of a diff begins with the innermost definitions around its lines.
func TestTheImpactOfADiff(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	m.put(t, "acme", repo, "refs/heads/main", graphTree())
	m.graphs(t)
	of := service.GraphRequest{Tenant: "acme", Repository: repo.Dir}
	for name, test := range map[string]struct {
		diff          string
		want, unknown []string
		more          bool
		r             service.WalkRequest
	}{
		"a body": {
			diff: "--- a/wheel/w.go\n+++ b/wheel/w.go\n@@ -7 +7 @@\n-x\n+y\n",
			want: []string{"0 wheel/w.go#New", "1 wheel/w_test.go#TestTurn", "1 main.go#run", "2 main.go#main"},
		},
		"two definitions, a page": {
			diff: "--- a/wheel/w.go\n+++ b/wheel/w.go\n@@ -7 +7 @@\n-x\n+y\n@@ -9 +9 @@\n-x\n+y\n",
			want: []string{"0 wheel/w.go#New", "0 wheel/w.go#Wheel.Turn"}, r: service.WalkRequest{Limit: 2}, more: true,
		},
		"a line between definitions": {diff: "--- a/wheel/w.go\n+++ b/wheel/w.go\n@@ -8 +8 @@\n-\n+// x\n"},
		"a file that goes, and a file that is unknown": {
			diff: "--- a/wheel/w.go\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n--- a/README\n+++ b/README\n@@ -1 +1 @@\n-x\n+y\n",
			want: []string{"0 wheel/w.go#", "1 wheel/w_test.go#TestTurn", "1 main.go#", "1 main.go#run", "2 main.go#main"}, unknown: []string{"README"},
		},
	} {
		r := service.ImpactRequest{Diff: test.diff, WalkRequest: test.r}
		r.GraphRequest = of
		a, err := m.Impact(t.Context(), r)
		var got []string
		for _, n := range a.Nodes {
			got = append(got, fmt.Sprintf("%d %s", n.Depth, n.ID))
		}
		if err != nil || !slices.Equal(got, test.want) || !slices.Equal(a.Unknown, test.unknown) || a.More != test.more {
			t.Errorf("%s: %q unknown %q more %t, %v; want %q", name, got, a.Unknown, a.More, err, test.want)
		}
	}
	both := service.ImpactRequest{Diff: "x", WalkRequest: service.WalkRequest{GraphRequest: of}}
	both.Symbol = "New"
	if _, err := m.Impact(t.Context(), both); !errors.Is(err, service.Invalid) {
		t.Errorf("a symbol and a diff: %v", err)
	}
}

// An answer that takes too long returns what was found until then, and says so.
func TestAnAnswerFromAGraphEndsInTime(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	m.put(t, "acme", repo, "refs/heads/main", graphTree())
	m.graphs(t)
	hasty := service.New(service.Config{GraphTime: 1}, m.Stores.Stores)
	of := service.GraphRequest{Tenant: "acme", Repository: repo.Dir, Symbol: "New"}
	if a, err := hasty.Neighbours(t.Context(), service.WalkRequest{GraphRequest: of}); err != nil || !a.More || len(a.Nodes) != 1 {
		t.Errorf("neighbours: %+v, %v", a, err)
	}
	if a, err := hasty.Uses(t.Context(), service.UsesRequest{GraphRequest: of}); err != nil || !a.More || len(a.Uses) != 0 {
		t.Errorf("uses: %+v, %v", a, err)
	}
}
