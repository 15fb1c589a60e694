package worker_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/search"
)

// finds returns the path of the best hit, searched in the way of `leat search`.
func (f *factory) finds(words string) string {
	f.t.Helper()
	active, err := f.Catalog.Generations.Active(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	model, err := f.OpenEmbedder(active.Embedder.Name)
	if err != nil {
		f.t.Fatal(err)
	}
	s := search.Searcher{Files: f.Catalog, Usage: f.Catalog.Usage, Points: f.Points, Blobs: f.Blobs, Embedder: model, Generation: active}
	found, err := s.Search(f.t.Context(), search.Query{Text: words, Tenant: events.DefaultTenant})
	if err != nil {
		f.t.Fatal(err)
	}
	if len(found.Hits) == 0 {
		return ""
	}
	return found.Hits[0].Path + " by " + active.Embedder.Name
}

// A generation with another model is built beside the one that serves searches. Texts that the
// model embedded before are not embedded again, and no document loses its state meanwhile.
func TestRebuildWithAnotherModel(t *testing.T) {
	f := newFactory(t)
	f.work()
	repo := f.ingest(tree(30))
	turned, local := f.models["turned/384"], f.models["local-384"]
	g := f.rebuild("turned/384", catalog.SourceStream)
	f.begin(g)
	f.within("it is filled", func() bool { return f.count(g) == f.count(f.Generation) && f.drained(g) })
	if hit := f.finds("F7 is one of many"); hit != "f007.go by local-384" || f.alias() != f.Generation.Collection {
		t.Errorf("before the swap %q is found, in %s", hit, f.alias())
	}

	// A change during the build costs each model its one text.
	first, texts := turned.total(), local.total()
	files := tree(30)
	files["mill.txt"] = testpipe.File{Content: "the mill wheel turns\n"}
	repo.Commit(t, files)
	f.Submit(t, repo)
	f.settled()
	f.until("the rebuild is done", f.gens, are("1 retired, 2 active"))
	if n := turned.total() - first; n != 1 {
		t.Errorf("the new model embedded %d texts for one new file", n)
	}
	if n := local.total() - texts; n != 1 {
		t.Errorf("the model before embedded %d texts for it", n)
	}
	if hit := f.finds("mill wheel"); hit != "mill.txt by turned/384" || f.alias() != g.Collection {
		t.Errorf("after the swap %q is found, in %s", hit, f.alias())
	}
	if a, b := f.count(f.Generation), f.count(g); a != b {
		t.Errorf("%d points by the model before, %d by the new one", a, b)
	}
	if failed := f.Rows(t, "select path, state from documents where state <> 'indexed'"); len(failed) > 0 {
		t.Errorf("not indexed: %q", failed)
	}
}

// A removal, a `leat forget` and stale writes reach a generation that is being built in the same
// way as the active one, before it is compared.
func TestRemovalsReachAGenerationThatIsBuilt(t *testing.T) {
	f := newFactory(t)
	f.work()
	repo := f.ingest(tree(20))
	other := f.ingest(testpipe.Text("other.txt", "another repository\n"))
	g := f.rebuild("local-384", catalog.SourceStream)
	f.begin(g)
	same := func() bool { return f.digest(g.Collection) == f.digest(f.Generation.Collection) }
	f.within("it is filled", func() bool { return same() && f.drained(g) })

	files := tree(20)
	delete(files, "f007.go")
	repo.Commit(t, files)
	f.Submit(t, repo)
	f.settled()
	if _, err := f.Catalog.Removals.Forget(t.Context(), events.RepositoryID(events.DefaultTenant, other.Dir)); err != nil {
		t.Fatal(err)
	}
	f.within("it is forgotten", func() bool {
		if err := f.Sync.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		return f.One(t, "select count(*) from repositories") == "1"
	})
	f.within("both are equal", same)
	if n := f.digest(g.Collection).Documents; n != 19 {
		t.Errorf("%d documents are left", n)
	}
	f.until("the rebuild is done", f.gens, are("1 retired, 2 active"))
	if !same() {
		t.Error("the two generations differ")
	}
}

// A late worker may write an old revision, or a removed document, into the generation that is being
// built. The swap finds it.
func TestStaleWritesAreTakenBack(t *testing.T) {
	f := newFactory(t)
	stop := f.work()
	repo := f.ingest(tree(10))
	stop() // so that it is not complete at the first look
	g := f.rebuild("local-384", catalog.SourceStream)
	f.look()
	stale := f.AllPoints(t)
	files := tree(10)
	delete(files, "f001.go")
	files["f002.go"] = testpipe.File{Content: "package f\n\n// Two is not what it was.\nfunc Two() {}\n"}
	repo.Commit(t, files)
	f.Submit(t, repo)
	f.work()
	f.settled()
	f.within("all messages are handled", func() bool { return f.drained(g) })
	strange := stale[0]
	strange.ID, strange.Payload.Document, strange.Payload.Repository = uuid.New(), uuid.New(), uuid.New()
	if err := f.Points.Upsert(t.Context(), g.Collection, append(slices.Clone(stale), strange)); err != nil {
		t.Fatal(err)
	}
	if f.digest(g.Collection) == f.digest(f.Generation.Collection) {
		t.Fatal("nothing is stale")
	}
	f.until("the rebuild is done", f.gens, are("1 retired, 2 active"))
	if got, want := f.digest(g.Collection), f.digest(f.Generation.Collection); got != want {
		t.Errorf("the rebuilt index is %+v, want %+v", got, want)
	}
}

// NATS loses everything in the middle of a rebuild. The rebuild still finishes, and nothing is
// embedded twice.
func TestRebuildSurvivesTheLossOfNATS(t *testing.T) {
	f := newFactory(t)
	stop := f.work()
	f.ingest(tree(60))
	want, embedded := f.digest(f.Generation.Collection), f.models["local-384"].total()
	g := f.rebuild("local-384", catalog.SourceStream)
	stop() // so that it is lost in the middle
	f.look()
	f.LoseStreams(t)
	f.work()
	f.until("the rebuild is done", f.gens, are("1 retired, 2 active"))
	if got := f.digest(g.Collection); got != want {
		t.Errorf("the rebuilt index is %+v, want %+v", got, want)
	}
	if n := f.models["local-384"].total(); n != embedded {
		t.Errorf("%d texts were embedded again", n-embedded)
	}
}

// Two sets of workers share a rebuild. One set dies in the middle without handing on its messages,
// and nothing waits for it.
func TestWorkersShareARebuild(t *testing.T) {
	f := newFactory(t)
	kill := f.workUntil(time.Nanosecond)
	f.ingest(tree(100))
	want := f.digest(f.Generation.Collection)
	f.work()
	g := f.rebuild("local-384", catalog.SourceStream)
	f.begin(g)
	f.within("it has begun", func() bool { return f.count(g) > 0 })
	kill()
	second := f.keep(time.Hour, 0)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); second.Run(ctx) }()
	f.within("the rebuild is done", func() bool {
		return f.One(t, "select state, verified_at is not null from generations where number = $1", g.Number) == "active true"
	})
	cancel()
	<-done
	if got := f.digest(g.Collection); got != want {
		t.Errorf("the rebuilt index is %+v, want %+v", got, want)
	}
	if name := f.alias(); name != g.Collection {
		t.Errorf("the alias names %s", name)
	}
}
