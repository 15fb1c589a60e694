package gateway

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/chunk/child"
	"github.com/leatworks/leat/pipeline/graph"
)

// graphs makes the symbol graphs that are owed.
func (s *site) graphs(t *testing.T) {
	t.Helper()
	step := graph.New(graph.Config{}, graph.RoomsOf(s.Catalog), s.Blobs, child.InProcess{}, s.Logs.Logger())
	if err := step.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A person can walk a neighbourhood by its picture, from symbol to symbol and to the code, without
// scripts.
func TestANeighbourhoodIsWalked(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	repo := testpipe.NewRepo(t)
	s.put(t, repo, testpipe.Text(
		"go.mod", "module example.org/mill\n",
		"wheel/w.go", "package wheel\n\n// Wheel turns. It is old.\ntype Wheel struct{ n int }\n\nfunc (w *Wheel) Turn() int { return w.n }\n",
		"main.go", "package main\n\nimport \"example.org/mill/wheel\"\n\nfunc main() { run() }\n\nfunc run() {\n\tw := &wheel.Wheel{}\n\tw.Turn()\n}\n",
		"hostile.go", "package main\n\n// <script>alert(1)</script> is a text.\nfunc hostile() { run() }\n",
	))
	at := "/symbol?repository=" + url.QueryEscape(repo.Dir)
	if a := s.ask(t, "acme", http.MethodGet, at, nil); a.StatusCode != http.StatusNotFound || !strings.Contains(a.html, "has not been made yet") {
		t.Errorf("before there is a graph: %d", a.StatusCode)
	}
	s.graphs(t)
	if a := s.ask(t, "acme", http.MethodGet, at+"&symbol=hostile", nil); strings.Contains(a.html, "<script>alert") || !strings.Contains(a.html, "&lt;script&gt;") {
		t.Error("a text of a repository is markup")
	}
	for _, test := range []struct {
		name  string
		width int64
		shape string
	}{{"wide", 1280, "svg.wide"}, {"narrow", 400, "svg.tall"}} {
		b := s.browse(t, "acme")
		spot := func(name string) string { return test.shape + ` a[href*="` + url.QueryEscape(name) + `"] rect` }
		middle := test.shape + " .middle .title"
		b.do(t, call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}),
			chromedp.EmulateViewport(test.width, 900),
			chromedp.Navigate(s.url+at+"&symbol=ru"), chromedp.Click(`main .tree a`), chromedp.WaitVisible(test.shape))
		for _, walk := range []struct{ click, leads string }{
			{"wheel/w.go#Wheel.Turn", "Wheel.Turn"}, {"main.go#run", "run"}, {"main.go#main", "main"},
		} {
			b.do(t, chromedp.Click(spot(walk.click)))
			b.reads(t, middle, walk.leads)
		}
		b.do(t, chromedp.Click(link("Code")), chromedp.WaitVisible(".code .l.on"))
	}
}

// reads waits until an element has a text, where no script may run. The page that leads there may
// have such an element, too.
func (b *tab) reads(t testing.TB, selector, want string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		ctx, stop := context.WithTimeout(b.ctx, patience/10)
		got, err := chromedp.Run(ctx, chromedp.TextContent(selector))
		stop()
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s reads %q, want %q (%v)", selector, got, want, err)
		}
	}
}

// A symbol's page lists its uses in other repositories, each with a link to its code there. A
// repository's page lists the indexes of its commits.
func TestOtherRepositoriesAndIndexesAreShown(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	quarry, house := testpipe.NewRepo(t), testpipe.NewRepo(t)
	s.put(t, quarry, testpipe.Text("go.mod", "module example.org/quarry\n", "stone/s.go", "package stone\n\nfunc Cut() {}\n"))
	s.put(t, house, testpipe.Text("main.go", "package main\n\nimport \"example.org/quarry/stone\"\n\nfunc main() { stone.Cut() }\n"))
	s.graphs(t)
	at := "/symbol?across=1&symbol=Cut&repository=" + url.QueryEscape(quarry.Dir)
	there := s.One(t, "select id::text from repositories where url = $1", house.Dir)
	a := s.ask(t, "acme", http.MethodGet, at, nil)
	for _, want := range []string{"module", "main.go#main", "repository=" + there, "Nothing in other repositories"} {
		if !strings.Contains(strings.ReplaceAll(a.html, "%23", "#"), want) {
			t.Errorf("no %q on the page of a symbol, status %d", want, a.StatusCode)
		}
	}
	page := "/repository?repository=" + url.QueryEscape(quarry.Dir)
	if a := s.ask(t, "acme", http.MethodGet, page, nil); strings.Contains(a.html, `id="indexes"`) {
		t.Error("indexes that there are not")
	}
	commit := s.One(t, "select encode(s.commit, 'hex') from snapshots s join tracks t on t.id = s.track join repositories r on r.id = t.repository where r.url = $1", quarry.Dir)
	one := catalog.GraphIndex{Repository: uuid.MustParse(s.One(t, "select id::text from repositories where url = $1", quarry.Dir)), Commit: commit, Name: "<b>", Tool: "scip-go 1", Documents: 1}
	if err := s.Catalog.Graphs.PutIndex(t.Context(), "acme", one, nil, 16, 20); err != nil {
		t.Fatal(err)
	}
	s.graphs(t)
	a = s.ask(t, "acme", http.MethodGet, page, nil)
	for _, want := range []string{`id="indexes"`, commit[:12], "&lt;b&gt;", "scip-go 1", "in use"} {
		if !strings.Contains(a.html, want) {
			t.Errorf("no %q on the page of a repository, status %d", want, a.StatusCode)
		}
	}
}
