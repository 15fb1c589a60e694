package service_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

func TestQuestionsToAWholeGraph(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	tree := graphTree()
	tree["mill/a.go"] = testpipe.File{Content: "package mill\n\nfunc Grind() { sift() }\n"}
	tree["mill/b.go"] = testpipe.File{Content: "package mill\n\nfunc sift() { Grind() }\n"}
	m.put(t, "acme", repo, "refs/heads/main", tree)
	m.graphs(t)
	whole := service.GraphRequest{Tenant: "acme", Repository: repo.Dir}
	important := func(r service.ImportantRequest) (list []string, next string) {
		t.Helper()
		a, err := m.Important(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		for i, one := range a.Important {
			if i > 0 && one.Rank > a.Important[i-1].Rank || one.Rank <= 0 || one.Rank >= 1 {
				t.Errorf("rank %v of %s", one.Rank, one.ID)
			}
			list = append(list, fmt.Sprintf("%s %d", one.ID, one.UsedBy))
		}
		return list, a.Next
	}
	// Two files that refer only to each other keep the rank that they hand on.
	files := []string{"mill/a.go# 1", "mill/b.go# 1", "wheel/w.go# 2", "main.go# 0", "wheel/w_test.go# 0"}
	if got, _ := important(service.ImportantRequest{GraphRequest: whole, By: "file"}); !slices.Equal(got, files) {
		t.Errorf("files: %q, want %q", got, files)
	}
	var paged []string
	for after, more := "", true; more; more = after != "" {
		var page []string
		page, after = important(service.ImportantRequest{GraphRequest: whole, By: "file", Limit: 2, After: after})
		paged = append(paged, page...)
	}
	if !slices.Equal(paged, files) {
		t.Errorf("by pages: %q, want %q", paged, files)
	}
	symbols, _ := important(service.ImportantRequest{GraphRequest: whole})
	if !slices.Contains(symbols[:2], "mill/a.go#Grind 1") || !slices.Contains(symbols, "wheel/w.go#Wheel.Turn 2") || slices.ContainsFunc(symbols, func(s string) bool { return strings.Contains(s, "# ") }) {
		t.Errorf("symbols: %q", symbols)
	}
	groups, err := m.Communities(t.Context(), service.CommunitiesRequest{GraphRequest: whole})
	if err != nil || len(groups.Communities) != 2 || groups.Alone != 0 || groups.Modularity < 0.3 {
		t.Fatalf("communities: %+v, %v", groups, err)
	}
	if one := groups.Communities[0]; one.Path != "wheel" || one.Size != 3 || one.Files[0] != "wheel/w.go" || one.Cohesion != 1 {
		t.Errorf("the first community: %+v", one)
	}
	if one := groups.Communities[1]; one.Name != "mill" || !slices.Equal(one.Files, []string{"mill/a.go", "mill/b.go"}) {
		t.Errorf("the second community: %+v", one)
	}
	for name, r := range map[string]service.ImportantRequest{
		"by nothing": {GraphRequest: whole, By: "line"}, "too many": {GraphRequest: whole, Limit: 1000}, "a wrong cursor": {GraphRequest: whole, After: "x"},
		"another tenant": {GraphRequest: service.GraphRequest{Tenant: "other", Repository: repo.Dir}},
		"out of reach":   {GraphRequest: service.GraphRequest{Tenant: "acme", Reach: []string{"nosuch/**"}, Repository: repo.Dir}},
	} {
		if _, err := m.Important(t.Context(), r); !errors.Is(err, service.NotFound) && !errors.Is(err, service.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An answer is kept until the graph changes. It is found only once for requests at the same time.
func TestAnswersOfAWholeGraphAreKept(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	m.put(t, "acme", repo, "refs/heads/main", graphTree())
	m.graphs(t)
	ask := service.ImportantRequest{GraphRequest: service.GraphRequest{Tenant: "acme", Repository: repo.Dir}, By: "file"}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if a, err := m.Important(t.Context(), ask); err != nil || len(a.Important) != 3 {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
	group.Wait()
	m.Rows(t, "update graph_answers set answer = '[]'")
	if a, err := m.Important(t.Context(), ask); err != nil || len(a.Important) != 0 {
		t.Errorf("the kept answer was not taken: %+v, %v", a, err)
	}
	tree := graphTree()
	tree["more.go"] = testpipe.File{Content: "package main\n\nfunc more() { run() }\n"}
	m.put(t, "acme", repo, "refs/heads/main", tree)
	m.graphs(t)
	if a, err := m.Important(t.Context(), ask); err != nil || len(a.Important) != 4 {
		t.Errorf("after a change: %+v, %v", a, err)
	}
	if got := m.One(t, "select count(*) from graph_answers"); got != "1" {
		t.Errorf("%s answers are kept, want one a question", got)
	}
}

func TestRelatedFiles(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	tree := graphTree()
	tree["notes.md"] = testpipe.File{Content: "# Notes\n"}
	m.put(t, "acme", repo, "refs/heads/main", tree)
	m.graphs(t)
	related := func(symbol string) (list []string) {
		t.Helper()
		a, err := m.Related(t.Context(), service.RelatedRequest{GraphRequest: service.GraphRequest{Tenant: "acme", Repository: repo.Dir, Symbol: symbol}})
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range a.Related {
			list = append(list, fmt.Sprintf("%s %.2f %.2f %v %t", one.Path, one.Refers, one.Shares, one.Symbols, one.Changed))
		}
		return list
	}
	// Two calls of 0.95 each, and the import of the package.
	want := []string{"wheel/w.go 2.87 0.00 [] false", "wheel/w_test.go 0.00 1.00 [wheel/w.go#New wheel/w.go#Wheel.Turn] false"}
	if got := related("main.go"); !slices.Equal(got, want) {
		t.Errorf("related to main.go: %q, want %q", got, want)
	}
	page := service.RelatedRequest{GraphRequest: service.GraphRequest{Tenant: "acme", Repository: repo.Dir, Symbol: "main.go"}, Limit: 1}
	for i, path := range []string{"wheel/w.go", "wheel/w_test.go"} {
		a, err := m.Related(t.Context(), page)
		if err != nil || len(a.Related) != 1 || a.Related[0].Path != path || (a.Next == "") != (i == 1) || a.More != (i == 0) {
			t.Fatalf("page %d of what is related to main.go: %+v, %v", i, a, err)
		}
		page.After = a.Next
	}
	page.After = "x"
	if _, err := m.Related(t.Context(), page); !errors.Is(err, service.Invalid) {
		t.Errorf("a cursor that is none: %v", err)
	}
	tree["main.go"] = testpipe.File{Content: tree["main.go"].Content + "\n// More.\n"}
	tree["notes.md"] = testpipe.File{Content: "# Notes\n\nMore.\n"}
	m.put(t, "acme", repo, "refs/heads/main", tree)
	m.graphs(t)
	if got := related("run"); !slices.Equal(got, []string{want[0], "notes.md 0.00 0.00 [] true", want[1]}) && !slices.Equal(got, append(want, "notes.md 0.00 0.00 [] true")) {
		t.Errorf("changed with main.go: %q", got)
	}
	for _, symbol := range []string{"nosuch", ""} {
		if _, err := m.Related(t.Context(), service.RelatedRequest{GraphRequest: service.GraphRequest{Tenant: "acme", Repository: repo.Dir, Symbol: symbol}}); !errors.Is(err, service.NotFound) && !errors.Is(err, service.Invalid) {
			t.Errorf("%q: %v", symbol, err)
		}
	}
}
