package embed_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/embedder/embeddertest"
	"github.com/leatworks/leat/pipeline/embedder/provider"
)

// remote opens an embedder at a fake server.
func remote(t testing.TB, server *embeddertest.Server, change func(*provider.Config)) *provider.Embedder {
	t.Helper()
	t.Setenv("TEST_EMBEDDER_KEY", embeddertest.Key)
	cfg := provider.Config{
		Name: "openai/fake@384", URLs: []string{server.URL}, KeyEnv: "TEST_EMBEDDER_KEY", MaxTokens: 8192, OpenFor: 10 * time.Millisecond, Price: 2,
	}
	if change != nil {
		change(&cfg)
	}
	e, err := provider.Open(cfg, chunk.Parts, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// files returns a tree of n files. Each has one text of its own, and one that all share.
func files(n int) testpipe.Tree {
	tree := make(testpipe.Tree)
	for i := range n {
		tree[fmt.Sprintf("f%03d.go", i)] = testpipe.File{Content: fmt.Sprintf("package same\n\nfunc Own%d() {}\n", i)}
	}
	return tree
}

// once fails the test if the server embedded a text twice, except the probe.
func once(t *testing.T, server *embeddertest.Server) {
	t.Helper()
	for text, n := range server.Answered() {
		if n > 1 && !strings.HasPrefix(text, "func Add(") {
			t.Errorf("paid %d times for %q", n, text)
		}
	}
}

// Two workers with the same documents pay once for each text.
func TestTwoWorkersPayOnce(t *testing.T) {
	server := embeddertest.NewServer(t, embeddertest.ServerConfig{Delay: 20 * time.Millisecond})
	one := testpipe.Open(t, testpipe.Config{Embedder: remote(t, server, nil)})
	two := testpipe.Join(t, testpipe.Config{Embedder: remote(t, server, nil)}, one.Addresses)
	list := chunked(t, one, files(100))
	var wait sync.WaitGroup
	for _, p := range []*testpipe.Pipe{one, two} {
		wait.Go(func() {
			if err := errors.Join(p.Deliver(t, list...)...); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	once(t, server)
	if got := one.One(t, "select count(*) from claims"); got != "0" {
		t.Errorf("%s claims are left", got)
	}
	if got := one.One(t, "select count(*) from documents where state = 'embedded'"); got != "100" {
		t.Errorf("%s documents are embedded", got)
	}
}

func TestABadTextFailsItsDocumentAloneAndWhatWasPaidForIsKept(t *testing.T) {
	server := embeddertest.NewServer(t, embeddertest.ServerConfig{Poison: "poison"})
	p := testpipe.Open(t, testpipe.Config{Embedder: remote(t, server, nil)})
	tree := files(60)
	tree["bad.txt"] = testpipe.File{Content: "this is poison\n"}
	list := chunked(t, p, tree)
	for i, err := range p.Deliver(t, list...) {
		if bad := list[i].Subject == "bad.txt"; bad != (err != nil) {
			t.Errorf("%s: %v", list[i].Subject, err)
		}
	}
	once(t, server)
}

// Texts with which the model fails every time fail their documents, and no others.
func TestATextThatBreaksTheModelFailsItsDocumentAlone(t *testing.T) {
	for name, cfg := range map[string]embeddertest.ServerConfig{
		"answered with 500": {Breaks: "POISON"}, "answered with 429": {Tires: "POISON"}, "answered with 403": {Bars: "POISON"},
	} {
		t.Run(name, func(t *testing.T) {
			p := testpipe.Open(t, testpipe.Config{Embedder: remote(t, embeddertest.NewServer(t, cfg), nil)})
			tree := files(100)
			for i := range 6 {
				tree[fmt.Sprintf("bad%d.txt", i)] = testpipe.File{Content: fmt.Sprintf("POISON %d\n", i)}
			}
			list := chunked(t, p, tree)
			for i, err := range p.Deliver(t, list...) {
				if bad := strings.HasPrefix(list[i].Subject, "bad"); bad != (err != nil) {
					t.Errorf("%s: %v", list[i].Subject, err)
				}
			}
		})
	}
}

// Documents wait while the provider is down. None fails, and none is lost.
func TestDocumentsWaitForTheProvider(t *testing.T) {
	server := embeddertest.NewServer(t, embeddertest.ServerConfig{})
	p := testpipe.Open(t, testpipe.Config{Embedder: remote(t, server, nil)})
	for range 30 {
		server.Script(embeddertest.Status(http.StatusServiceUnavailable, "away"))
	}
	if err := errors.Join(p.Deliver(t, chunked(t, p, files(20))...)...); err != nil {
		t.Fatal(err)
	}
	if got := p.One(t, "select count(*) filter (where state = 'embedded'), sum(attempts) from documents"); got != "20 0" {
		t.Errorf("embedded, and attempts: %s", got)
	}
	once(t, server)
}

func TestUsageIsCounted(t *testing.T) {
	server := embeddertest.NewServer(t, embeddertest.ServerConfig{})
	p := testpipe.Open(t, testpipe.Config{Embedder: remote(t, server, nil)})
	for range 2 { // the second is a fork
		if err := errors.Join(p.Deliver(t, chunked(t, p, files(10))...)...); err != nil {
			t.Fatal(err)
		}
	}
	p.Embed.FlushUsage(t.Context())
	list, err := p.Catalog.Usage.List(t.Context(), events.DefaultTenant, 1)
	if err != nil {
		t.Fatal(err)
	}
	var sum catalog.Consumption
	for _, u := range list {
		sum.Texts += u.Texts
		sum.Cached += u.Cached
		sum.Tokens += u.Tokens
		sum.Requests += u.Requests
		sum.Cost += u.Cost
	}
	texts, tokens := int64(0), int64(0)
	for text, n := range server.Answered() {
		if !strings.HasPrefix(text, "func Add(") {
			texts += int64(n)
			tokens += int64((len(text) + 3) / 4)
		}
	}
	chunks := int64(0)
	if _, err := fmt.Sscan(p.One(t, "select sum(k.chunks) from documents d join chunkings k on k.id = d.chunking"), &chunks); err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || sum.Texts != texts || sum.Tokens != tokens || math.Abs(sum.Cost-float64(tokens)*2/1e6) > 1e-9 || sum.Requests < 0.99 {
		t.Errorf("%d repositories, %+v; the server answered %d texts of %d tokens", len(list), sum, texts, tokens)
	}
	if sum.Cached < chunks/2 || sum.Cached > chunks {
		t.Errorf("%d of %d chunks are said to have had a vector", sum.Cached, chunks)
	}
}

// When a budget is spent, documents wait for the next day. The wait counts as no attempt. The budget is less than all
// documents take even if they come in batches of one, whose reservations are given back one by one.
func TestABudgetPausesWork(t *testing.T) {
	server := embeddertest.NewServer(t, embeddertest.ServerConfig{})
	const most = 150
	p := testpipe.Open(t, testpipe.Config{Embedder: remote(t, server, nil), Budget: func(_ context.Context, tenant string) (catalog.Budget, error) {
		if tenant != events.DefaultTenant {
			return catalog.Budget{}, nil
		}
		return catalog.Budget{Tokens: most}, nil
	}})
	if err := errors.Join(p.Deliver(t, chunked(t, p, files(50))...)...); err != nil {
		t.Fatal(err)
	}
	var embedded, waiting, tokens int
	row := p.One(t, `select count(*) filter (where state = 'embedded'), count(*) filter (where state = 'chunked' and attempts = 0
		and due_at > now() and due_at < now() + interval '25 hours'), (select sum(tokens)::bigint from spending) from documents`)
	if _, err := fmt.Sscan(row, &embedded, &waiting, &tokens); err != nil {
		t.Fatalf("%s: %v", row, err)
	}
	if embedded < 5 || waiting < 5 || embedded+waiting != 50 {
		t.Errorf("%d embedded, %d waiting of 50", embedded, waiting)
	}
	spent := 0
	for text := range server.Answered() {
		if !strings.HasPrefix(text, "func Add(") {
			spent += (len(text) + 3) / 4
		}
	}
	if spent > most || tokens != spent {
		t.Errorf("%d tokens are spent of %d, and %d counted", spent, most, tokens)
	}
	t.Logf("%d embedded, %d waiting, %d tokens", embedded, waiting, tokens)
}
