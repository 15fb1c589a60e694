package service_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/internal/worker"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/syncer/generation"
)

// named is local-384 under another name, which makes it another model to leat.
type named struct {
	embedder.Local
	name string
}

func (n named) Model() embedder.Model {
	m := n.Local.Model()
	m.Name = n.name
	return m
}

// A service stays open while the index is rebuilt and rolled back, and the other generation is
// dropped. It answers from the active generation, and no query fails.
func TestSearchFollowsTheActiveGeneration(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	var mu sync.Mutex
	opened := make(map[string]int)
	models := func(name string) (embedder.Embedder, error) {
		mu.Lock()
		defer mu.Unlock()
		opened[name]++
		return named{name: name}, nil
	}
	p.OpenEmbedder = func(name string) (embedder.Embedder, error) { return named{name: name}, nil }
	m := mill{p, service.New(service.Config{Index: p.Config().Index, OpenEmbedder: models}, p.Stores.Stores)}
	repo := testpipe.NewRepo(t)
	m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.go", "package a\n\nfunc sluice() {}\n", "b.md", "# weir\n"))

	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	cfg := config.Worker{Process: config.Process{Stores: p.Config(), DrainTimeout: time.Second}, InFlight: 16}
	running.Go(func() { _ = worker.Embed(ctx, p.Stores, cfg, p.Logs.Logger()) })
	running.Go(func() { _ = worker.Index(ctx, p.Stores, cfg, p.Logs.Logger()) })

	asked := make(chan map[int64]int, 1)
	stop := make(chan struct{})
	answered := make(chan int64, 16)
	running.Go(func() { asked <- m.askUntil(t, stop, answered) })

	second, err := m.Rebuild(t.Context(), service.RebuildRequest{Embedder: "second/384", From: "stream"})
	if err != nil {
		t.Fatal(err)
	}
	m.lookUntil(t, time.Hour, fmt.Sprintf("1 retired, %d active", second))
	for deadline := time.After(testpipe.Patience); ; {
		select {
		case by := <-answered:
			if by != second {
				continue
			}
		case <-deadline:
			t.Fatalf("no query was answered by %d", second)
		}
		break
	}
	if back, err := m.RollBack(t.Context(), 0); err != nil || back != 1 {
		t.Fatalf("rolled back to %d (%v)", back, err)
	}
	m.lookUntil(t, time.Hour, fmt.Sprintf("1 active, %d retired", second))
	m.lookUntil(t, 0, "1 active") // the other goes
	close(stop)
	answers := <-asked
	if answers[1] == 0 || answers[second] == 0 || len(answers) != 2 {
		t.Errorf("answers by generation: %v, want some of 1 and of %d", answers, second)
	}
	// A rebuild opens its model once to check it, and a search once to use it.
	if opened[embedder.LocalName] != 1 || opened["second/384"] > 2 {
		t.Errorf("models were opened this often: %v", opened)
	}
}

// askUntil searches without a pause, and counts the answers by generation. Each answer must come
// from a generation that was active during its search. It signals each answer that comes from
// another generation than the previous one.
func (m mill) askUntil(t *testing.T, stop <-chan struct{}, changed chan<- int64) map[int64]int {
	last := int64(0)
	answers := make(map[int64]int)
	before, err := m.Catalog.Generations.Active(t.Context())
	for err == nil {
		select {
		case <-stop:
			return answers
		default:
		}
		var a service.SearchAnswer
		a, err = m.Search(t.Context(), service.SearchRequest{Tenant: "acme", Query: "sluice"})
		if err != nil {
			break
		}
		var after catalog.Generation
		if after, err = m.Catalog.Generations.Active(t.Context()); err != nil {
			break
		}
		if len(a.Hits) == 0 || a.Hits[0].Path != "a.go" || a.Generation != before.Number && a.Generation != after.Number {
			t.Errorf("%d hits of generation %d, while %d and then %d was active", len(a.Hits), a.Generation, before.Number, after.Number)
		}
		answers[a.Generation]++
		if a.Generation != last {
			last = a.Generation
			changed <- last
		}
		before = after
	}
	t.Errorf("a query failed: %v", err)
	return answers
}

// lookUntil looks after the generations until they are in the wanted states, and have been compared
// with the catalog.
func (m mill) lookUntil(t *testing.T, retention time.Duration, want string) {
	t.Helper()
	gens := generation.New(generation.Config{Alias: m.Config().Index, Retention: retention}, m.Catalog, m.Catalog.Generations, m.Catalog.Locks, m.Streams(), m.Points,
		announce.New(m.Broker, "/leat/syncer"), m.Logs.Logger())
	for deadline := time.Now().Add(2 * testpipe.Patience); ; time.Sleep(10 * time.Millisecond) {
		if err := gens.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		list, err := m.Generations(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got, verified := "", true
		for i, g := range list.Generations {
			if i > 0 {
				got += ", "
			}
			got += fmt.Sprintf("%d %s", g.Number, g.State)
			verified = verified && (!g.Active() || g.Verified)
		}
		if got == want && verified {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s, want %s\n%s", got, want, m.Logs.String())
		}
	}
}
