package service_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

func callsOf(c *service.HitCalls) (list []string) {
	if c == nil {
		return nil
	}
	for _, one := range c.Callers {
		list = append(list, fmt.Sprintf("by %s:%d x%d %s", one.Symbol, one.Line, one.Count, one.Strategy))
	}
	for _, one := range c.Callees {
		list = append(list, fmt.Sprintf("to %s:%d x%d %s", one.Symbol, one.Line, one.Count, one.Strategy))
	}
	return list
}

func TestHitsTellTheirCalls(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	tree := graphTree()
	tree["again.go"] = testpipe.File{Content: "package main\n\nfunc again(n int) { again(n); run(); run() }\n"}
	for i := range 7 {
		tree[fmt.Sprintf("many%d.go", i)] = testpipe.File{Content: fmt.Sprintf("package main\n\nfunc many%d() { again(1) }\n", i)}
	}
	commit := m.put(t, "acme", repo, "refs/heads/main", tree)
	other := testpipe.NewRepo(t)
	m.put(t, "other", other, "refs/heads/main", tree)
	ask := service.SearchRequest{Tenant: "acme", Query: "run", Symbols: []string{"run", "again"}, Calls: true}
	hits := func() map[string]service.Hit {
		t.Helper()
		a, err := m.Search(t.Context(), ask)
		if err != nil {
			t.Fatal(err)
		}
		named := make(map[string]service.Hit)
		for _, h := range a.Hits {
			named[h.Symbol] = h
		}
		return named
	}
	if h, ok := hits()["run"]; !ok || h.Calls != nil {
		t.Errorf("before there is a graph: %+v", h)
	}
	m.graphs(t)
	found := hits()
	run := found["run"]
	want := []string{"by main.go#main:8 x1 file", "by again.go#again:3 x2 package", "to wheel/w.go#New:11 x1 import", "to wheel/w.go#Wheel.Turn:12 x1 type"}
	if got := callsOf(run.Calls); !slices.Equal(got, want) || run.Calls.More || run.Calls.Commit != commit {
		t.Errorf("calls of run: %q (%+v), want %q", got, run.Calls, want)
	}
	again := found["again"].Calls // it calls itself, which does not count
	if got := callsOf(again); len(got) != 6 || got[0] != "by many0.go#many0:3 x1 package" || got[5] != "to main.go#run:3 x2 package" || !again.More {
		t.Errorf("calls of again: %q, more %v", got, again != nil && again.More)
	}
	ask.Calls = false
	if h := hits()["run"]; h.Calls != nil {
		t.Errorf("calls that nobody asked for: %+v", h.Calls)
	}
	ask.Calls, ask.MaxBytes, ask.Symbols = true, service.LeastBytes, []string{"again"}
	if a, err := m.Search(t.Context(), ask); err != nil || len(a.Hits) != 1 || a.Hits[0].Calls != nil || a.Cut == "" {
		t.Errorf("a hit that its calls make too large: %+v, %v", a, err)
	}
}
