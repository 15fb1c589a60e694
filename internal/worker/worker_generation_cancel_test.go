package worker_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
)

// within waits for something that the workers do without help.
func (f *factory) within(what string, is func() bool) {
	f.t.Helper()
	for deadline := time.Now().Add(2 * testpipe.Patience); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			f.t.Fatalf("not in time: %s\n%s", what, f.Logs.String())
		}
	}
}

// begin makes the same things as a first look, but does not compare. The workers may be so quick
// that a look would go on to the swap.
func (f *factory) begin(g catalog.Generation) {
	f.t.Helper()
	if err := f.Points.CreateCollection(f.t.Context(), g.Collection, g.Embedder.Dimensions, string(g.Embedder.Distance)); err != nil {
		f.t.Fatal(err)
	}
	var both []broker.Generation
	for _, g := range []catalog.Generation{f.Generation, g} {
		both = append(both, broker.Generation{Number: g.Number, Embedder: g.Embedder.Name})
	}
	if err := f.Broker.Ensure(f.t.Context(), broker.DefaultTopology(both...)); err != nil {
		f.t.Fatal(err)
	}
}

// look looks after the generations once.
func (f *factory) look() {
	f.t.Helper()
	if err := f.gens.Look(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
}

func (f *factory) cancel(want int64) {
	f.t.Helper()
	if n, err := f.Catalog.Generations.Cancel(f.t.Context()); err != nil || n != want {
		f.t.Fatalf("cancelled generation %d (%v), want %d", n, err, want)
	}
}

// drained says whether everything that waits for a generation was handled.
func (f *factory) drained(g catalog.Generation) bool {
	f.t.Helper()
	for _, c := range consumersOf(g) {
		if !f.Acknowledged(f.t, c.Stream, c.Name) {
			return false
		}
	}
	return true
}

// remains lists all that exists of generations, except stored vectors.
func (f *factory) remains() []string {
	f.t.Helper()
	all := slices.Concat(f.Collections(f.t), f.consumers(), f.Rows(f.t, "select number, state, served from generations order by 1"),
		f.Rows(f.t, "select generation from generation_failures order by 1"), f.embeddedMessages())
	return append(all, "alias "+f.alias())
}

// embeddedMessages counts the messages of each model on the embedded stream.
func (f *factory) embeddedMessages() (list []string) {
	f.t.Helper()
	for name := range f.models {
		list = append(list, fmt.Sprint(name, " ", f.messages(name)))
	}
	slices.Sort(list)
	return list
}

// A cancelled rebuild leaves nothing behind, however far it had come.
func TestCancelLeavesNothingBehind(t *testing.T) {
	f := newFactory(t)
	f.gens = f.keep(time.Hour, 10*time.Second) // a grace in which workers end the work under way
	f.work()
	f.ingest(tree(30))
	turned := f.models["turned/384"]
	before, live := f.remains(), f.digest(f.Generation.Collection)
	stages := []struct {
		name  string
		reach func(g catalog.Generation)
	}{
		{"asked for", func(catalog.Generation) {}},
		{"failing", func(g catalog.Generation) {
			turned.refuse("package")
			f.begin(g)
			f.within("documents fail", func() bool {
				return f.One(t, "select count(*) from generation_failures where generation = $1", g.Number) == "30" && f.drained(g)
			})
			turned.refuse("")
		}},
		{"begun", f.begin}, // in the later stages some texts have vectors, and would not fail
		{"filled", func(g catalog.Generation) {
			f.begin(g)
			f.within("it is filled", func() bool { return f.count(g) == live.Points && f.drained(g) })
		}},
	}
	for _, s := range stages {
		t.Run(s.name, func(t *testing.T) {
			g := f.rebuild("turned/384", catalog.SourceStream)
			s.reach(g)
			f.cancel(g.Number)
			if _, err := f.Catalog.Generations.Cancel(t.Context()); err == nil {
				t.Error("cancelled twice")
			}
			f.until("it is gone", f.gens, are("1 active"))
			if left := f.remains(); !slices.Equal(left, before) {
				t.Errorf("left behind:\n%q\nbefore:\n%q", left, before)
			}
			if after := f.digest(f.Generation.Collection); after != live {
				t.Errorf("the index that is searched is %+v, was %+v", after, live)
			}
			models := "2"
			if turned.total() == 0 {
				models = "1" // nothing of the new model is worth keeping
			}
			if n := f.One(t, "select count(*) from embedders"); n != models {
				t.Errorf("the catalog knows %s models", n)
			}
		})
	}

	// The cancelled rebuild leaves vectors, which are paid for.
	paid := turned.total()
	g := f.rebuild("turned/384", catalog.SourceCatalog)
	f.until("the rebuild is done", f.gens, are(fmt.Sprintf("1 retired, %d active", g.Number)))
	if n := turned.total(); paid == 0 || n != paid {
		t.Errorf("%d texts were embedded before, %d once more", paid, n-paid)
	}

	// A cancelled rollback leaves the retired generation as it was.
	retired := f.remains()
	if _, err := f.Catalog.Generations.RollBack(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	f.cancel(1)
	f.look()
	if left := f.remains(); !slices.Equal(left, retired) {
		t.Errorf("left by the rollback: %q, before: %q", left, retired)
	}
}
