package catalog_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
)

func TestDocuments(t *testing.T) {
	w := newWorld(t)
	a := w.document("dir/a.go", "content")
	skipped := w.skipped("b", "y", "binary")
	w.list(t, "first", a, skipped)
	docs, err := w.Documents(t.Context(), []uuid.UUID{a.ID, skipped.ID, uuid.New()})
	if err != nil || len(docs) != 2 {
		t.Fatalf("documents: %+v, %v", docs, err)
	}
	slices.SortFunc(docs, func(a, b catalog.Document) int { return a.Chunks - b.Chunks })
	got := docs[1]
	want := catalog.Document{
		ID: a.ID, Track: w.track.ID, Repository: w.track.Repository, Tenant: "default", Ref: "refs/heads/main", Commit: commit("first"),
		Path: "dir/a.go", Revision: 1, Lane: "live", State: catalog.StateChunked, Owed: true,
		Chunking: got.Chunking, Blob: a.Content.Blob, Language: "Go", Chunker: chunker, Chunks: 2,
		Span: catalog.Span{Object: got.Span.Object, Length: 7, Size: 7, CRC: 4_000_000_000},
	}
	if got != want || got.Chunking == 0 || got.Span.Object == "" {
		t.Errorf("document = %+v, want %+v", got, want)
	}
	if got := docs[0]; got.State != catalog.StateSkipped || got.Owed || got.HasPoints || got.Chunking != 0 || got.Blob != [32]byte{} {
		t.Errorf("skipped document = %+v", got)
	}
}

func TestTrackFilesPages(t *testing.T) {
	w := newWorld(t)
	var files []file
	for i := range 7 {
		files = append(files, w.document(string(rune('a'+i)), "x"))
	}
	w.list(t, "first", files...)
	w.list(t, "second", files[:6]...)
	var got []uuid.UUID
	after := uuid.Nil
	for {
		page, err := w.TrackFiles(t.Context(), w.track.ID, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
		after = page[len(page)-1]
	}
	if len(got) != 6 || slices.Contains(got, files[6].ID) {
		t.Errorf("files = %v, want the first 6", got)
	}
}

// A late event of an older revision, or one of a revision that never was,
// changes nothing.
func TestStaleRevisions(t *testing.T) {
	w := newWorld(t)
	doc, cleared, removed := w.document("a", "x"), w.document("b", "x"), w.document("c", "x")
	w.list(t, "first", doc, cleared, removed)
	w.finish(t, 1, doc, cleared, removed)
	w.list(t, "second", w.document("a", "changed"), w.skipped("b", "x", "binary"))
	rows := func() (all []row) {
		for _, f := range []file{doc, cleared, removed} {
			r := w.row(t, f.ID)
			r.In = 0
			all = append(all, *r)
		}
		return all
	}
	before := rows()
	for _, revision := range []int64{0, 1, 3} {
		var current []catalog.Current
		for _, f := range []file{doc, cleared, removed} {
			current = append(current, catalog.Current{ID: f.ID, Revision: revision})
		}
		w.do(t, func(ctx context.Context) error { return w.MarkEmbedded(ctx, w.active(t).Embedder.ID, current) })
		for name, mark := range map[string]func(context.Context, int64, []catalog.Current) ([]uuid.UUID, error){
			"MarkIndexed": w.MarkIndexed, "MarkCleared": w.MarkCleared, "DropRemoved": w.DropRemoved,
		} {
			if marked, err := mark(t.Context(), w.active(t).Number, current); err != nil || len(marked) != 0 {
				t.Errorf("%s at revision %d marked %v (%v)", name, revision, marked, err)
			}
		}
		for _, c := range current {
			if n, err := w.DelayDocument(t.Context(), c, "r", catalog.Backoff{First: time.Second}); n != 0 || err != nil {
				t.Errorf("revision %d has %d attempts (%v)", revision, n, err)
			}
			w.do(t, func(ctx context.Context) error { return w.BuryDocument(ctx, c, "r") })
		}
	}
	if after := rows(); !slices.EqualFunc(before, after, func(a, b row) bool {
		return a.State == b.State && a.Revision == b.Revision && a.Due == b.Due && a.Attempts == b.Attempts
	}) {
		t.Errorf("documents are %+v, were %+v", after, before)
	}
}

// Each mark is for one state: a skipped document cannot be marked indexed, and a
// present one cannot be dropped.
func TestMarksOfAnotherState(t *testing.T) {
	w := newWorld(t)
	doc, skipped := w.document("a", "x"), w.skipped("b", "y", "binary")
	w.list(t, "first", doc, skipped)
	current := []catalog.Current{{ID: doc.ID, Revision: 1}, {ID: skipped.ID, Revision: 1}}
	if dropped, err := w.DropRemoved(t.Context(), w.active(t).Number, current); err != nil || len(dropped) != 0 {
		t.Errorf("dropped %v (%v)", dropped, err)
	}
	if cleared, err := w.MarkCleared(t.Context(), w.active(t).Number, current); err != nil || len(cleared) != 1 || cleared[0] != skipped.ID {
		t.Errorf("cleared %v (%v)", cleared, err)
	}
	if indexed, err := w.MarkIndexed(t.Context(), w.active(t).Number, current); err != nil || len(indexed) != 1 || indexed[0] != doc.ID {
		t.Errorf("indexed %v (%v)", indexed, err)
	}
	// It comes late: the document has been indexed.
	w.do(t, func(ctx context.Context) error { return w.MarkEmbedded(ctx, w.active(t).Embedder.ID, current) })
	w.is(t, doc.ID, "indexed", 1, 1, "")
	w.is(t, skipped.ID, "skipped", 1, 0, "")
	for _, c := range current { // nor does a late failure of what is finished count
		if n, err := w.DelayDocument(t.Context(), c, "r", catalog.Backoff{First: time.Second}); n != 0 || err != nil {
			t.Errorf("%d attempts (%v)", n, err)
		}
	}
}

func TestBackoffOfDocuments(t *testing.T) {
	w := newWorld(t)
	a := w.document("a", "x")
	w.list(t, "first", a)
	testBackoff(t, func(b catalog.Backoff) (int, float64) {
		attempts, err := w.DelayDocument(t.Context(), catalog.Current{ID: a.ID, Revision: 1}, "", b)
		if err != nil {
			t.Fatal(err)
		}
		return attempts, w.row(t, a.ID).In
	})
	if r := w.row(t, a.ID); r.State != "failed" || r.Error == "" {
		t.Errorf("row = %+v", r)
	}
	// It recovers, and begins to count anew.
	w.finish(t, 1, a)
	if r := w.row(t, a.ID); r.Attempts != 0 || r.Error != "" {
		t.Errorf("row = %+v", r)
	}
}

func TestErrorsKeepNoCredential(t *testing.T) {
	w := newWorld(t)
	a := w.document("a", "x")
	w.list(t, "first", a)
	c := catalog.Current{ID: a.ID, Revision: 1}
	if _, err := w.DelayDocument(t.Context(), c, "put https://u:hunter2@h: \x00\xff", catalog.Backoff{First: time.Second}); err != nil {
		t.Fatal(err)
	}
	if r := w.row(t, a.ID); r.Error != "put https://h: \uFFFD\uFFFD" {
		t.Errorf("error = %q", r.Error)
	}
}

func TestOwedAndLease(t *testing.T) {
	w := newWorld(t)
	a, b, buried := w.document("a", "x"), w.document("b", "x"), w.document("c", "x")
	w.list(t, "first", a, b, buried)
	w.do(t, func(ctx context.Context) error {
		return w.BuryDocument(ctx, catalog.Current{ID: buried.ID, Revision: 1}, "r")
	})
	owed := func(want ...uuid.UUID) {
		t.Helper()
		got, err := w.OwedDocuments(t.Context(), 10)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("owed: %v, want %v (%v)", got, want, err)
		}
	}
	owed() // their lease lasts
	w.exec(t, "update documents set due_at = now() - case when id = $1 then interval '2 s' else interval '1 s' end where due_at < 'infinity'", a.ID)
	owed(a.ID, b.ID)
	if got, err := w.OwedDocuments(t.Context(), 1); err != nil || !slices.Equal(got, []uuid.UUID{a.ID}) {
		t.Errorf("the first that is owed: %v (%v)", got, err)
	}
	// a fails meanwhile, and is due at a time of its own.
	if _, err := w.DelayDocument(t.Context(), catalog.Current{ID: a.ID, Revision: 1}, "r", catalog.Backoff{AtLeast: time.Hour}); err != nil {
		t.Fatal(err)
	}
	w.do(t, func(ctx context.Context) error { return w.Lease(ctx, []uuid.UUID{a.ID, b.ID, buried.ID}) })
	owed()
	if r := w.row(t, a.ID); r.In < 3000 {
		t.Errorf("a lease brought an hour's delay forward to %.0f s", r.In)
	}
	if r := w.row(t, b.ID); r.In > 60 || r.In < 30 {
		t.Errorf("the lease ends in %.0f s, want 60", r.In)
	}
	w.is(t, buried.ID, "failed", 1, 0, "infinity")
}

// The number of a document's chunks is that of its chunking, whatever is written into the row.
func TestADocumentHasTheChunksOfItsChunking(t *testing.T) {
	w := newWorld(t)
	a, b := w.document("a", "aaaabbbbcc"), w.document("b", "bbbb")
	w.list(t, "first", a, b, w.skipped("skipped", "x", "binary"))
	const wrong = `select count(*) from documents d left join chunkings k on k.id = d.chunking where d.chunks is distinct from k.chunks`
	holds := func(when string) {
		t.Helper()
		if n := value[int](t, w, wrong); n != 0 {
			t.Errorf("%s, %d documents have a false number of chunks", when, n)
		}
	}
	holds("after a listing")
	w.exec(t, "update documents set chunks = 7")
	holds("after an update of the number")
	w.exec(t, "update documents set chunking = (select chunking from documents where id = $1) where id = $2", a.ID, b.ID)
	holds("after an update of the chunking")
	if n := value[int](t, w, "select chunks from documents where id = $1", b.ID); n != 3 {
		t.Errorf("%d chunks, want 3", n)
	}
	w.list(t, "second", w.document("a", "dddd"))
	holds("after a second listing")
}
