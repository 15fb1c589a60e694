package syncer_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer"
)

// atOnce makes work owed as soon as it is stored.
var atOnce = testpipe.Config{Lease: time.Nanosecond}

// The catalog brings every document on, whatever state it was in and whatever NATS
// has lost.
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
			p.MustDeliver(t, m)
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
	again := p.Look(t)
	counts := testpipe.Count(again)
	if counts[events.TypeDocumentChunked] != 1 || counts[events.TypeDocumentEmbedded] != 1 || counts[events.TypeDocumentRemoved] != 4 {
		t.Errorf("published again: %v", counts)
	}
	p.MustDeliver(t, again...)
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
	repo := p.IngestTree(t, testpipe.Text("a.txt", "a\n", "b.txt", "b\n"))
	chunked := p.Events.Drain(t)
	if heard := p.Look(t); len(heard) != 0 {
		t.Errorf("published though it waits for the embedder: %v", testpipe.Count(heard))
	}
	p.Consume(t, broker.StreamChunked, broker.ConsumerEmbedder(p.Generation.Embedder.Name, events.Live))
	if counts := testpipe.Count(p.Look(t)); counts[events.TypeDocumentChunked] != 2 || len(counts) != 1 {
		t.Errorf("published after the embedder lost it: %v", counts)
	}

	p.MustDeliver(t, chunked...)
	p.Events.Drain(t)
	if heard := p.Look(t); len(heard) != 0 {
		t.Errorf("published though it waits for the indexer: %v", testpipe.Count(heard))
	}
	p.Consume(t, broker.StreamEmbedded, broker.ConsumerIndexer(p.Generation.Number, events.Live))
	again := p.Look(t)
	if counts := testpipe.Count(again); counts[events.TypeDocumentEmbedded] != 2 || len(counts) != 1 {
		t.Errorf("published after the indexer lost it: %v", counts)
	}
	p.MustDeliver(t, again...)
	p.Events.Drain(t)

	// A removal waits for the indexer, whether the embedder has seen it or not.
	repo.Commit(t, testpipe.Text("a.txt", "a\n"))
	p.Submit(t, repo)
	p.Events.Drain(t)
	p.Consume(t, broker.StreamChunked, broker.ConsumerEmbedder(p.Generation.Embedder.Name, events.Live))
	if heard := p.Look(t); len(heard) != 0 {
		t.Errorf("removal published though it waits: %v", testpipe.Count(heard))
	}
	p.Consume(t, broker.StreamEmbedded, broker.ConsumerIndexer(p.Generation.Number, events.Live))
	if counts := testpipe.Count(p.Look(t)); counts[events.TypeDocumentRemoved] != 2 || len(counts) != 1 {
		t.Errorf("published after the indexer lost a removal: %v", counts)
	}
}

// While the intake is full for a tenant, the rest of what is owed goes out.
func TestAFullTenantHoldsUpNoDocument(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	p.IngestTree(t, testpipe.Text("a.txt", "a\n"))
	p.LoseStreams(t)
	tenant := p.One(t, "select tenant from repositories")
	event, err := events.New("/ci", "", events.RepoSubmitted{URL: "https://example.com/r"})
	if err != nil {
		t.Fatal(err)
	}
	header, body, err := events.Encode(event)
	if err != nil {
		t.Fatal(err)
	}
	full := slices.Repeat([]broker.Outgoing{{Subject: events.SubmittedSubject(tenant), Header: header, Data: body}}, broker.DefaultIntakePerTenant)
	if err := p.Broker.Publisher().Send(t.Context(), full...); err != nil && !errors.Is(err, broker.ErrFull) {
		t.Fatal(err)
	}
	p.Events.Drain(t)
	p.Rows(t, "update documents set due_at = now()")
	p.Rows(t, "update submissions set state = 'pending', track = null, revision = null, due_at = now()")
	if counts := testpipe.Count(p.Look(t)); counts[events.TypeDocumentChunked] != 1 {
		t.Errorf("published: %v", counts)
	}
	if p.One(t, "select count(*) from submissions where due_at > now()") != "1" {
		t.Error("the submission has no new lease")
	}
}

func TestALookTakesPageAfterPage(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	tree := make(testpipe.Tree)
	for i := range 25 {
		tree[fmt.Sprintf("f%02d.txt", i)] = testpipe.File{Content: fmt.Sprint(i)}
	}
	p.IngestTree(t, tree)
	p.LoseStreams(t)
	p.Events.Drain(t)
	p.Rows(t, "update documents set due_at = now()")
	p.SyncWith(t, 10)
	if counts := testpipe.Count(p.Look(t)); counts[events.TypeDocumentChunked] != 25 {
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
	heard := p.Look(t)
	if len(heard) != 1 || heard[0].ID != m.ID || heard[0].Source != m.Source || heard[0].On != m.On {
		t.Fatalf("published: %+v", heard)
	}
	p.MustDeliver(t, heard...)
	p.Settle(t)
	if row := p.One(t, "select state, error, ref from submissions"); row != "done <nil> main" {
		t.Errorf("submission: %s", row)
	}
	if heard := p.Look(t); len(heard) != 0 {
		t.Errorf("published again: %v", testpipe.Count(heard))
	}
}

func TestASnapshotIsCompleteWhenItsLastDocumentFails(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	p.IngestTree(t, testpipe.Text("a.txt", "a\n", "b.txt", "b\n", "c.bin", "\x00"))
	list := p.Events.Drain(t)
	ledger := pipeline.DocumentLedger{Documents: p.Catalog, Generations: p.Catalog.Generations}
	for _, m := range list {
		if m.Subject == "b.txt" {
			if err := ledger.Bury(t.Context(), m, "as asked"); err != nil {
				t.Fatal(err)
			}
			continue
		}
		p.MustDeliver(t, m)
	}
	p.Settle(t)
	heard := p.Look(t)
	if len(heard) != 0 {
		t.Errorf("announced twice: %v", testpipe.Count(heard))
	}

	// It also does if this is the very last thing that happens.
	p.IngestTree(t, testpipe.Text("d.txt", "d\n"))
	for _, m := range p.Events.Drain(t) {
		if err := ledger.Bury(t.Context(), m, "as asked"); err != nil {
			t.Fatal(err)
		}
	}
	heard = p.Look(t)
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
	if heard := p.Look(t); len(heard) != 0 {
		t.Errorf("announced again: %v", testpipe.Count(heard))
	}
}

func TestOwedWorkIsRecordedWhenThereWasSome(t *testing.T) {
	p := testpipe.Open(t, atOnce)
	p.Look(t)
	if n := p.One(t, "select count(*) from sync_runs"); n != "0" {
		t.Errorf("%s runs are recorded though nothing was owed", n)
	}
	p.IngestTree(t, testpipe.Sample(2, "a"))
	p.ConsumeAll(t)
	p.Look(t)
	if r := testpipe.LastRun(t, p.Catalog, syncer.KindOwed); r.Repaired != 2 || r.DueAt != nil {
		t.Errorf("%+v", r)
	}
}

var noWait = catalog.Backoff{First: time.Nanosecond, Most: time.Nanosecond}
