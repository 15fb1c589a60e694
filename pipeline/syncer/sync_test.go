package syncer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/broker"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// atOnce makes work owed as soon as it is stored.
var atOnce = testpipe.Config{Lease: time.Nanosecond}

func look(t *testing.T, p *testpipe.Pipe) []pipeline.Message {
	t.Helper()
	if err := p.Sync.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p.Events.Drain(t)
}

func ingest(t *testing.T, p *testpipe.Pipe, tree testpipe.Tree) *testpipe.Repo {
	t.Helper()
	repo := testpipe.NewRepo(t)
	repo.Commit(t, tree)
	p.Submit(t, repo)
	return repo
}

func deliver(t *testing.T, p *testpipe.Pipe, list ...pipeline.Message) {
	t.Helper()
	if err := errors.Join(p.Deliver(t, list...)...); err != nil {
		t.Fatal(err)
	}
}

// consume acknowledges what a consumer has waiting, and does nothing else.
func consume(t *testing.T, p *testpipe.Pipe, stream, consumer string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s := p.Broker.Subscriber(broker.SubscriberConfig{Stream: stream, Consumer: consumer})
	messages, err := s.Subscribe(ctx, consumer)
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.NewTimer(testpipe.Patience)
	defer deadline.Stop()
	for {
		lag, err := p.Broker.Lag(t.Context(), stream, consumer)
		if err != nil {
			t.Fatal(err)
		}
		if lag.Pending+lag.InFlight == 0 {
			break
		}
		select {
		case m := <-messages:
			m.Ack()
		case <-time.After(10 * time.Millisecond): // the ack of the last is on its way
		case <-deadline.C:
			t.Fatalf("still waiting: %+v", lag)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// Whatever NATS has lost, and whichever state a document was in, the catalog
// brings it on.
func TestAllWorkComesBackAfterNATSLostEverything(t *testing.T) {
	p := testpipe.Open(t, atOnce)
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("indexed.txt", "1\n", "removed.txt", "2\n", "skipped.txt", "3\n"))
	p.Submit(t, repo)
	p.Settle(t)
	repo.Commit(t, testpipe.Text("indexed.txt", "1\n", "skipped.txt", "3\x00\n", "embedded.txt", "4\n"))
	p.Submit(t, repo)
	for _, m := range p.Events.Drain(t) {
		if m.Subject == "embedded.txt" {
			deliver(t, p, m)
		}
	}
	p.Events.Drain(t)
	repo.Commit(t, testpipe.Text("indexed.txt", "1\n", "skipped.txt", "3\x00\n", "embedded.txt", "4\n", "chunked.txt", "5\n"))
	p.Submit(t, repo)
	want := []string{"chunked.txt chunked", "embedded.txt embedded", "indexed.txt indexed", "removed.txt removed", "skipped.txt skipped"}
	if got := p.Rows(t, "select path, state from documents order by 1"); !slices.Equal(got, want) {
		t.Fatalf("documents: %q, want %q", got, want)
	}

	p.LoseStreams(t)
	p.Events.Drain(t)
	again := look(t, p)
	counts := testpipe.Count(again)
	if counts[events.TypeDocumentChunked] != 1 || counts[events.TypeDocumentEmbedded] != 1 || counts[events.TypeDocumentRemoved] != 4 {
		t.Errorf("published again: %v", counts)
	}
	deliver(t, p, again...)
	p.Settle(t)
	if owed := p.Rows(t, "select path, state from documents where due_at is not null"); len(owed) > 0 {
		t.Errorf("still owed: %q", owed)
	}
	if report, found := p.Verify(t); !report.OK || report.Documents != 3 {
		t.Errorf("verify: %+v: %v", report, found)
	}
	if state := p.One(t, "select state from snapshots where revision = 3"); state != "indexed" {
		t.Errorf("the snapshot is %s", state)
	}
}

func TestWorkThatWaitsIsNotPublishedAgain(t *testing.T) {
	p := testpipe.Open(t, atOnce)
	repo := ingest(t, p, testpipe.Text("a.txt", "a\n", "b.txt", "b\n"))
	chunked := p.Events.Drain(t)
	if heard := look(t, p); len(heard) != 0 {
		t.Errorf("published though it waits for the embedder: %v", testpipe.Count(heard))
	}
	consume(t, p, broker.StreamChunked, broker.ConsumerEmbedder(p.Generation.Embedder.Name, events.Live))
	if counts := testpipe.Count(look(t, p)); counts[events.TypeDocumentChunked] != 2 || len(counts) != 1 {
		t.Errorf("published after the embedder lost it: %v", counts)
	}

	deliver(t, p, chunked...)
	p.Events.Drain(t)
	if heard := look(t, p); len(heard) != 0 {
		t.Errorf("published though it waits for the indexer: %v", testpipe.Count(heard))
	}
	consume(t, p, broker.StreamEmbedded, broker.ConsumerIndexer(p.Generation.Number, events.Live))
	again := look(t, p)
	if counts := testpipe.Count(again); counts[events.TypeDocumentEmbedded] != 2 || len(counts) != 1 {
		t.Errorf("published after the indexer lost it: %v", counts)
	}
	deliver(t, p, again...)
	p.Events.Drain(t)

	// A removal waits for the indexer, whatever the embedder did with it.
	repo.Commit(t, testpipe.Text("a.txt", "a\n"))
	p.Submit(t, repo)
	p.Events.Drain(t)
	consume(t, p, broker.StreamChunked, broker.ConsumerEmbedder(p.Generation.Embedder.Name, events.Live))
	if heard := look(t, p); len(heard) != 0 {
		t.Errorf("removal published though it waits: %v", testpipe.Count(heard))
	}
	consume(t, p, broker.StreamEmbedded, broker.ConsumerIndexer(p.Generation.Number, events.Live))
	if counts := testpipe.Count(look(t, p)); counts[events.TypeDocumentRemoved] != 2 || len(counts) != 1 {
		t.Errorf("published after the indexer lost a removal: %v", counts)
	}
}

func TestALookTakesPageAfterPage(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	tree := make(testpipe.Tree)
	for i := range 25 {
		tree[fmt.Sprintf("f%02d.txt", i)] = testpipe.File{Content: fmt.Sprint(i)}
	}
	ingest(t, p, tree)
	p.LoseStreams(t)
	p.Events.Drain(t)
	p.Rows(t, "update documents set due_at = now()")
	p.SyncWith(t, 10)
	if counts := testpipe.Count(look(t, p)); counts[events.TypeDocumentChunked] != 25 {
		t.Errorf("published: %v", counts)
	}
	if n := p.One(t, "select count(*) from documents where due_at > now()"); n != "25" {
		t.Errorf("%s documents have a new lease", n)
	}
}

func TestAnOwedSubmissionIsPublishedAsItWas(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.txt", "a\n"))
	m := testpipe.Submission(t, "acme", events.RepoSubmitted{URL: repo.Dir, Ref: "main"})
	if _, err := p.Ingest.Delay(t.Context(), m, "try later", noWait); err != nil {
		t.Fatal(err)
	}
	heard := look(t, p)
	if len(heard) != 1 || heard[0].ID != m.ID || heard[0].Source != m.Source || heard[0].On != m.On {
		t.Fatalf("published: %+v", heard)
	}
	deliver(t, p, heard...)
	p.Settle(t)
	if row := p.One(t, "select state, error, ref from submissions"); row != "done <nil> main" {
		t.Errorf("submission: %s", row)
	}
	if heard := look(t, p); len(heard) != 0 {
		t.Errorf("published again: %v", testpipe.Count(heard))
	}
}

func TestASnapshotIsCompleteWhenItsLastDocumentFails(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	ingest(t, p, testpipe.Text("a.txt", "a\n", "b.txt", "b\n", "c.bin", "\x00"))
	list := p.Events.Drain(t)
	ledger := pipeline.DocumentLedger{Catalog: p.Catalog}
	for _, m := range list {
		if m.Subject == "b.txt" {
			if err := ledger.Bury(t.Context(), m, "as asked"); err != nil {
				t.Fatal(err)
			}
			continue
		}
		deliver(t, p, m)
	}
	p.Settle(t)
	heard := look(t, p)
	if len(heard) != 0 {
		t.Errorf("announced twice: %v", testpipe.Count(heard))
	}

	// And where it is the very last thing that happens.
	ingest(t, p, testpipe.Text("d.txt", "d\n"))
	for _, m := range p.Events.Drain(t) {
		if err := ledger.Bury(t.Context(), m, "as asked"); err != nil {
			t.Fatal(err)
		}
	}
	heard = look(t, p)
	if len(heard) != 1 || heard[0].Type != events.TypeRepoIndexed {
		t.Fatalf("heard %v", testpipe.Count(heard))
	}
	done, err := heard[0].ParseCompleted()
	if err != nil {
		t.Fatal(err)
	}
	if want := (events.DocumentCounts{Failed: 1}); done.Documents != want {
		t.Errorf("counts: %+v, want %+v", done.Documents, want)
	}
	if open := p.Rows(t, "select state from snapshots where state <> 'indexed'"); len(open) > 0 {
		t.Errorf("snapshots: %q", open)
	}
	if heard := look(t, p); len(heard) != 0 {
		t.Errorf("announced again: %v", testpipe.Count(heard))
	}
}

func TestTheDigestIsOfWhatIsIndexedAndNotOfHowItCameThere(t *testing.T) {
	p, q := testpipe.Open(t, testpipe.Config{}), testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	last := testpipe.Text("a.go", "package a\n\nfunc A() {}\n", "b/c.md", "# C\n\ntext\n")
	for _, tree := range []testpipe.Tree{testpipe.Text("a.go", "package z\n", "old", "old\n"), testpipe.Text("b/c.md", "other"), last} {
		repo.Commit(t, tree)
		p.Submit(t, repo)
		p.Settle(t)
	}
	q.Submit(t, repo)
	q.Settle(t)
	want := p.Digest(t)
	if got := q.Digest(t); got != want {
		t.Errorf("digest %+v after one commit, %+v after three", got, want)
	}
	if want.Documents != 2 || want.Points != 3 || len(want.Digest) != 64 {
		t.Errorf("digest: %+v", want)
	}
	for name, change := range changes {
		point := q.AllPoints(t)[0]
		changed := point
		change(&changed)
		if err := q.Points.Upsert(t.Context(), q.Generation.Collection, single(changed)); err != nil {
			t.Fatal(err)
		}
		if got := q.Digest(t); got.Digest == want.Digest {
			t.Errorf("the digest is the same with another %s", name)
		}
		if err := q.Points.Upsert(t.Context(), q.Generation.Collection, single(point)); err != nil {
			t.Fatal(err)
		}
		if got := q.Digest(t); got != want {
			t.Errorf("digest %+v with the old %s, want %+v", got, name, want)
		}
	}
}

func TestALookThatFailsSaysWhy(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	p.Catalog.Close()
	if err := p.Sync.Look(t.Context()); err == nil || strings.Contains(err.Error(), "postgres://") {
		t.Errorf("got %v", err)
	}
}
