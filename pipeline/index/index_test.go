package index_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline"
)

func TestMain(m *testing.M) { testenv.Main(m) }

const (
	contentA = "package a\n\nfunc A() {}\n"
	contentB = "package b\n\nfunc B() {}\n\nfunc C() {}\n"
)

// push commits a tree, ingests it, and has the chunked documents embedded. It returns the messages for the indexer.
func push(t *testing.T, p *testpipe.Pipe, repo *testpipe.Repo, tree testpipe.Tree) []pipeline.Message {
	t.Helper()
	repo.Commit(t, tree)
	p.Submit(t, repo)
	heard := p.Events.Drain(t)
	for _, m := range heard {
		if strings.HasPrefix(m.On, "leat.document.chunked.") {
			deliver(t, p, m)
		}
	}
	return slices.DeleteFunc(append(heard, p.Events.Drain(t)...), func(m pipeline.Message) bool {
		return !strings.HasPrefix(m.On, "leat.document.embedded.")
	})
}

func deliver(t *testing.T, p *testpipe.Pipe, list ...pipeline.Message) {
	t.Helper()
	if err := errors.Join(p.Deliver(t, list...)...); err != nil {
		t.Fatal(err)
	}
}

// assertSound compares the stores with each other, and the index with a fresh one.
func assertSound(t *testing.T, p *testpipe.Pipe, repo *testpipe.Repo) {
	t.Helper()
	if report, found := p.Verify(t); !report.OK {
		t.Errorf("verify: %+v: %v", report, found)
	}
	fresh := testpipe.Open(t, testpipe.Config{})
	fresh.Submit(t, repo)
	fresh.Settle(t)
	if got, want := p.Digest(t), fresh.Digest(t); got != want {
		t.Errorf("digest %+v, of a fresh index %+v", got, want)
	}
}

func TestALateEventOfAnOlderRevisionChangesNothing(t *testing.T) {
	p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
	first := push(t, p, repo, testpipe.Text("a.go", contentA))
	second := push(t, p, repo, testpipe.Text("a.go", contentB))
	deliver(t, p, second...)
	before := p.Digest(t)
	for _, delivered := range []int{1, 2} {
		for _, m := range first {
			m.Delivered, m.Again = delivered, delivered > 1
			deliver(t, p, m)
		}
		if after := p.Digest(t); after != before {
			t.Errorf("delivery %d of a late event: digest %+v, before %+v", delivered, after, before)
		}
	}
	assertSound(t, p, repo)
}

func TestAnEventThatComesEarlyIsOfTheRevisionThatStands(t *testing.T) {
	p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
	first := push(t, p, repo, testpipe.Text("a.go", contentA))
	repo.Commit(t, testpipe.Text("a.go", contentB))
	p.Submit(t, repo) // chunked, and not embedded yet
	chunked := p.Events.Drain(t)
	deliver(t, p, first...)
	if d := p.Digest(t); d.Points != 0 {
		t.Errorf("%d points of a replaced content", d.Points)
	}
	deliver(t, p, chunked...)
	p.Settle(t)
	assertSound(t, p, repo)
}

// A document that failed before it was embedded waits for its event. An older event of it must not fail the other
// documents of its batch.
func TestAFailedDocumentDoesNotFailItsBatch(t *testing.T) {
	p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
	first := push(t, p, repo, testpipe.Text("a.go", contentA, "b.go", contentB))
	repo.Commit(t, testpipe.Text("a.go", contentA+"\n// changed\n", "b.go", contentB))
	p.Submit(t, repo)
	chunked := p.Events.Drain(t)
	p.Rows(t, "update documents set state = 'failed', error = 'as asked' where state = 'chunked'")
	deliver(t, p, first...)
	if got := p.Rows(t, "select path, state from documents order by 1"); !slices.Equal(got, []string{"a.go failed", "b.go indexed"}) {
		t.Errorf("documents: %q", got)
	}
	deliver(t, p, chunked...)
	p.Settle(t)
	assertSound(t, p, repo)
}

// An embedded document that lacks a vector goes back to the embedder alone.
func TestALostVectorFailsItsDocumentAlone(t *testing.T) {
	p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
	list := push(t, p, repo, testpipe.Text("a.go", contentA, "b.go", contentB, "c.md", "# C\n"))
	p.Rows(t, "delete from vectors where text in (select c.text from chunks c join documents d on d.chunking = c.chunking where d.path = 'b.go')")
	var failed []string
	for i, err := range p.Deliver(t, list...) {
		if err != nil {
			failed = append(failed, list[i].Subject)
		}
	}
	if !slices.Equal(failed, []string{"b.go"}) {
		t.Errorf("failed: %q", failed)
	}
	if got := p.Rows(t, "select path, state from documents order by 1"); !slices.Equal(got, []string{"a.go indexed", "b.go embedded", "c.md indexed"}) {
		t.Errorf("documents: %q", got)
	}
}

func TestRemovedAndAddedAgain(t *testing.T) {
	for name, early := range map[string]bool{"indexed before": true, "indexed after": false} {
		t.Run(name, func(t *testing.T) {
			p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
			first := push(t, p, repo, testpipe.Text("a.go", contentA, "b.go", contentB))
			if early {
				deliver(t, p, first...)
			}
			removed := push(t, p, repo, testpipe.Text("a.go", contentA))
			if early && len(removed) == 0 { // what was never indexed needs no event to go
				t.Fatal("nobody says that b.go is removed")
			}
			back := push(t, p, repo, testpipe.Text("a.go", contentA, "b.go", contentB))
			deliver(t, p, back...)
			// The removal comes after the commit that undid it, and again after it was settled.
			deliver(t, p, removed...)
			for _, m := range removed {
				m.Delivered, m.Again = 2, true
				deliver(t, p, m)
			}
			if !early {
				deliver(t, p, first...)
			}
			if got := p.Rows(t, "select path, state from documents order by 1"); !slices.Equal(got, []string{"a.go indexed", "b.go indexed"}) {
				t.Errorf("documents: %q", got)
			}
			if report, found := p.Verify(t); !report.OK {
				t.Errorf("verify: %+v: %v", report, found)
			}
		})
	}
}

// A document was removed and came back while a worker was late. The points that the worker writes are deleted, even if
// the document still waits for its vectors when the worker looks again.
func TestPointsOfALateWriterAreSweptAway(t *testing.T) {
	p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
	first := push(t, p, repo, testpipe.Text("a.go", contentA, "b.go", contentB))
	deliver(t, p, first...)
	points := p.AllPoints(t)
	removed := push(t, p, repo, testpipe.Text("a.go", contentA))
	deliver(t, p, removed...)
	if n := p.One(t, "select count(*) from documents"); n != "1" {
		t.Fatalf("%s documents", n)
	}
	repo.Commit(t, testpipe.Text("a.go", contentA, "b.go", contentA+"\n// new\n"))
	p.Submit(t, repo)
	chunked := p.Events.Drain(t)

	// The late worker gets the message again that it has not settled.
	if err := p.Points.Upsert(t.Context(), p.Generation.Collection, points); err != nil {
		t.Fatal(err)
	}
	for _, m := range first {
		m.Delivered, m.Again = 2, true
		deliver(t, p, m)
	}
	deliver(t, p, chunked...)
	heard := p.Settle(t)
	assertSound(t, p, repo)

	// It writes once more. Now the document is indexed when the worker gets a message of it again.
	if err := p.Points.Upsert(t.Context(), p.Generation.Collection, points); err != nil {
		t.Fatal(err)
	}
	again := heard[slices.IndexFunc(heard, func(m pipeline.Message) bool { return m.Type == events.TypeDocumentEmbedded && m.Subject == "b.go" })]
	again.Delivered, again.Again = 2, true
	deliver(t, p, again)
	for _, point := range p.AllPoints(t) {
		if point.Payload.Path == "b.go" && point.Payload.Revision == 1 {
			t.Errorf("a point of revision 1 is left: %+v", point.Payload)
		}
	}
}

// The next commit is stored after the worker has read the catalog and before it marks the document. The mark must
// fail, and the worker must look again.
func TestADocumentThatChangesWhileItIsWrittenIsNotMarked(t *testing.T) {
	var once sync.Once
	var change func()
	at := testpipe.BeforeS3(t, testenv.Stack(t), func(r *http.Request) {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/vector/") {
			once.Do(change)
		}
	})
	p, repo := testpipe.Join(t, testpipe.Config{}, at), testpipe.NewRepo(t)
	list := push(t, p, repo, testpipe.Text("a.go", contentA))
	change = func() {
		repo.Commit(t, testpipe.Text("a.go", contentB))
		p.Submit(t, repo)
	}
	deliver(t, p, list...)
	if got := p.One(t, "select revision, state from documents"); got != "2 chunked" {
		t.Fatalf("the document is at %s, want 2 chunked", got)
	}
	if d := p.Digest(t); d.Points != 0 {
		t.Errorf("%d points of a replaced content were not deleted", d.Points)
	}
	p.Settle(t)
	assertSound(t, p, repo)
}

// A removal that is handled late must not delete points that came after it.
func TestALateRemovalLeavesNewerPoints(t *testing.T) {
	p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
	deliver(t, p, push(t, p, repo, testpipe.Text("a.go", contentA, "b.go", contentB))...)
	removed := push(t, p, repo, testpipe.Text("a.go", contentA))
	deliver(t, p, removed...)
	deliver(t, p, push(t, p, repo, testpipe.Text("a.go", contentA, "b.go", contentB))...)
	before := p.Digest(t)
	// The late worker has seen the catalog without the row.
	p.Rows(t, "delete from documents where path = 'b.go'")
	deliver(t, p, removed...)
	if after := p.Digest(t); after != before {
		t.Errorf("digest %+v, before %+v: points of a later revision are gone", after, before)
	}
}

func TestEventsThatCannotBeUnderstoodAreRejected(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	for _, e := range []events.Event{
		{Type: events.TypeDocumentEmbedded, Data: []byte(`{}`)},
		{Type: events.TypeDocumentRemoved, Data: []byte(`{"document":"x"}`)},
		{Type: events.TypeDocumentChunked, Data: []byte(`[]`)},
		{Type: "leat.unknown.v1", Data: []byte(`null`)},
		{},
	} {
		m := pipeline.NewMessage(e, "")
		if err := p.Index.Handle(t.Context(), m); err == nil {
			t.Errorf("%s %s: accepted", m.Type, m.Data)
		}
	}
}
