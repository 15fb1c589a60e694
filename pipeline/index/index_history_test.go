package index_test

import (
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline"
)

// TestAnyHistoryOfDeliveriesEndsInTheSameIndex makes random commits to a few files. It delivers the messages late,
// twice, in any order, to two workers at the same time, or not at all. The syncer publishes the lost ones again; then
// the index must equal a fresh one.
func TestAnyHistoryOfDeliveriesEndsInTheSameIndex(t *testing.T) {
	at := testenv.Stack(t)
	// Work is due as soon as it is stored, so that the test need not wait for the syncer.
	p := testpipe.Join(t, testpipe.Config{Lease: time.Nanosecond}, at)
	other := testpipe.Join(t, testpipe.Config{Lease: time.Nanosecond}, at)
	fresh := testpipe.Open(t, testpipe.Config{})
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("12") // each takes a second; -rapid.checks=500 is for the night
	}
	rapid.Check(t, func(rt *rapid.T) {
		repo := testpipe.NewRepo(t)
		var waiting []pipeline.Message
		for range rapid.IntRange(1, 5).Draw(rt, "commits") {
			repo.Commit(t, drawTree(rt))
			p.Submit(t, repo)
			waiting = disturb(rt, t, p, other, waiting)
		}
		waiting = disturb(rt, t, p, other, waiting)
		for round := 0; p.One(t, "select count(*) from documents where due_at is not null") != "0"; round++ {
			if round == 20 {
				rt.Fatalf("still owed: %q", p.Rows(t, "select path, state, error from documents where due_at is not null"))
			}
			p.LoseStreams(t) // where what was not acknowledged would still wait
			if err := p.Sync.Look(t.Context()); err != nil {
				rt.Fatal(err)
			}
			waiting = append(waiting, p.Events.Drain(t)...)
			p.Deliver(t, waiting...)
			waiting = p.Events.Drain(t)
		}
		if report, found := p.Verify(t); !report.OK {
			rt.Errorf("verify: %+v: %v", report, found)
		}
		fresh.Submit(t, repo)
		fresh.Settle(t)
		if got, want := p.DigestOf(t, repo), fresh.DigestOf(t, repo); got != want {
			rt.Errorf("digest %+v, of a fresh index %+v", got, want)
		}
	})
}

// drawTree draws a tree of few paths and few contents, so that files share contents and contents come back.
func drawTree(rt *rapid.T) testpipe.Tree {
	tree := testpipe.Text("always.txt", "always\n")
	for _, path := range []string{"a.go", "b.go", "c.md"} {
		switch n := rapid.IntRange(-2, 3).Draw(rt, path); n {
		case -2: // no such file
		case -1:
			tree[path] = testpipe.File{Content: "binary\x00"}
		default:
			tree[path] = testpipe.File{Content: fmt.Sprintf("package p\n\nfunc F%d() {}\n", n)}
		}
	}
	return tree
}

// disturb delivers some of the messages, in any order and to two workers at the same time. It keeps, repeats or loses
// the others.
func disturb(rt *rapid.T, t *testing.T, p, other *testpipe.Pipe, waiting []pipeline.Message) []pipeline.Message {
	var kept []pipeline.Message
	for range rapid.IntRange(0, 3).Draw(rt, "rounds") {
		waiting = append(waiting, p.Events.Drain(t)...)
		var now []pipeline.Message
		kept = nil
		for i, m := range rapid.Permutation(waiting).Draw(rt, "order") {
			switch rapid.SampledFrom([]string{"now", "now", "now", "twice", "later", "lost"}).Draw(rt, fmt.Sprint(i)) {
			case "now":
				now = append(now, m)
			case "twice":
				again := m
				again.Delivered, again.Again = 2, true
				now, kept = append(now, m, again), append(kept, again)
			case "later":
				kept = append(kept, m)
			}
		}
		half := len(now) / 2
		var workers sync.WaitGroup // what fails stays owed
		workers.Go(func() { p.Deliver(t, now[:half]...) })
		workers.Go(func() { other.Deliver(t, now[half:]...) })
		workers.Wait()
		waiting = kept
	}
	return waiting
}
