package catalog_test

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/catalog"
)

func TestBeginSnapshot(t *testing.T) {
	w := newWorld(t)
	assertSnapshot := func(s catalog.Snapshot, revision int64, base *catalog.Base) {
		t.Helper()
		if s.Revision != revision || (s.Base == nil) != (base == nil) || base != nil && *s.Base != *base {
			t.Errorf("snapshot is revision %d, base %+v; want %d, %+v", s.Revision, s.Base, revision, base)
		}
	}
	finish := func(s catalog.Snapshot) {
		t.Helper()
		w.do(t, func(ctx context.Context) error { return w.FinishListing(ctx, s, 0) })
	}
	assertSnapshot(w.begin(t, "a"), 1, nil)
	first := w.begin(t, "a") // cut short, and begun again
	assertSnapshot(first, 1, nil)
	finish(first)

	// The catalog holds the tree of a and nothing else.
	second := w.begin(t, "b")
	assertSnapshot(second, 2, &catalog.Base{Revision: 1, Commit: commit("a"), Exact: true, SameRules: true})
	assertSnapshot(w.begin(t, "b"), 2, &catalog.Base{Revision: 1, Commit: commit("a"), Exact: true, SameRules: true})

	// b was cut short: some of its documents may be in the catalog.
	third := w.begin(t, "c")
	assertSnapshot(third, 3, &catalog.Base{Revision: 1, Commit: commit("a"), SameRules: true})
	assertKind(t, w.FinishListing(t.Context(), second, 0), fault.KindDrop)
	finish(third)

	// Other rules: each file has to be looked at.
	fourth := w.beginBy(t, "c", rules("config", "others"))
	assertSnapshot(fourth, 4, &catalog.Base{Revision: 3, Commit: commit("c")})
	// The same commit under yet other rules is another listing.
	assertSnapshot(w.beginBy(t, "c", rules("config", "more")), 5, &catalog.Base{Revision: 3, Commit: commit("c")})
}

func TestBeginSnapshotChoosesTheLane(t *testing.T) {
	w := newWorld(t)
	lane := func(first bool) events.Lane {
		if first {
			return events.Bulk
		}
		return events.Live
	}
	for i, want := range []events.Lane{events.Bulk, events.Bulk, events.Live} {
		s, err := w.BeginSnapshot(t.Context(), w.track, commit("a"), rules("config", "rules"), 0, lane)
		if err != nil || s.Lane != want {
			t.Fatalf("%d: lane %s, want %s: %v", i, s.Lane, want, err)
		}
		if i == 1 { // once resumed, then another
			w.do(t, func(ctx context.Context) error { return w.FinishListing(ctx, s, 0) })
		}
	}
}

func TestBeginSnapshotRejectsWhatIsNoCommit(t *testing.T) {
	w := newWorld(t)
	_, err := w.BeginSnapshot(t.Context(), w.track, "main", rules("", ""), 0, live)
	assertKind(t, err, fault.KindReject)
}

func TestListed(t *testing.T) {
	w := newWorld(t)
	config := sha256.Sum256([]byte("config"))
	listed := func(want bool, name string, config [32]byte) {
		t.Helper()
		_, got, err := w.Listed(t.Context(), w.track.ID, commit(name), config)
		if err != nil || got != want {
			t.Errorf("commit %s is listed: %v, want %v (%v)", name, got, want, err)
		}
	}
	listed(false, "a", config)
	s := w.begin(t, "a")
	listed(false, "a", config) // its listing is under way
	w.do(t, func(ctx context.Context) error { return w.FinishListing(ctx, s, 0) })
	listed(true, "a", config)
	listed(false, "b", config)
	listed(false, "a", sha256.Sum256([]byte("another")))
	w.begin(t, "b")
	listed(false, "a", config) // its documents may be b's already
}

func TestFinishListingRefusesAWrongCount(t *testing.T) {
	w := newWorld(t)
	s := w.begin(t, "a")
	w.put(t, s, w.document("a", "x"), w.skipped("b", "y", "binary"))
	for _, files := range []int64{0, 1, 3} {
		assertKind(t, w.FinishListing(t.Context(), s, files), fault.KindRetry)
	}
	if got := value[string](t, w, "select state from snapshots"); got != "listing" {
		t.Errorf("the snapshot is %s", got)
	}
	for range 2 { // and again, when two workers have listed it
		w.do(t, func(ctx context.Context) error { return w.FinishListing(ctx, s, 2) })
	}
}

func TestOneCurrentSnapshot(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"a", "b", "a"} {
		w.list(t, name)
	}
	if n := value[int](t, w, "select count(*) from snapshots where state in ('indexing', 'indexed')"); n != 1 {
		t.Errorf("%d snapshots are current", n)
	}
	// Any number of workers that begin at once get one listing.
	together(t, 8, func(ctx context.Context, i int) error {
		_, err := w.BeginSnapshot(ctx, w.track, commit([]string{"c", "d"}[i%2]), rules("config", "rules"), 0, live)
		return err
	})
	if n := value[int](t, w, "select count(*) from snapshots where state = 'listing'"); n != 1 {
		t.Errorf("%d listings are open", n)
	}
}

// A worker that lost its lock goes on with a listing that another worker has
// superseded. Nothing of it may reach the documents.
func TestSupersededListingWritesNothing(t *testing.T) {
	w := newWorld(t)
	a := w.document("a", "x")
	w.list(t, "first", a)
	late := w.begin(t, "second")
	w.list(t, "third", a)
	err := put(t.Context(), w.Catalog, late, w.document("a", "second's"), w.document("new", "y"))
	assertKind(t, err, fault.KindDrop)
	assertKind(t, w.RemoveFiles(t.Context(), late, []uuid.UUID{a.ID}), fault.KindDrop)
	w.is(t, a.ID, "chunked", 1, 0, "soon")
	if n := value[int](t, w, "select count(*) from documents"); n != 1 {
		t.Errorf("%d documents, want 1", n)
	}
}

// While files are being stored, nobody takes the listing away.
func TestStoringHoldsTheListing(t *testing.T) {
	w := newWorld(t)
	together(t, 12, func(ctx context.Context, i int) error {
		name := string(rune('a' + i%3))
		s, err := w.BeginSnapshot(ctx, w.track, commit(name), rules("config", "rules"), 0, live)
		if err != nil {
			return err
		}
		err = put(ctx, w.Catalog, s, w.document("path", name))
		if kind, _ := fault.Of(err); err != nil && kind == fault.KindDrop {
			return nil
		}
		return err
	})
	// The last listing that was begun is not superseded, so there is a document. Its
	// content is that of its revision's commit.
	if n := value[int](t, w, `select count(*) from documents d join snapshots s on s.track = d.track and s.revision = d.revision
		join chunkings k on k.id = d.chunking where k.blob = sha256(case s.commit
			when decode($1, 'hex') then 'a'::bytea when decode($2, 'hex') then 'b'::bytea else 'c'::bytea end)`, commit("a"), commit("b")); n != 1 {
		t.Error("the document's content is not that of its revision's commit")
	}
}

func TestCompletedSnapshots(t *testing.T) {
	w := newWorld(t)
	done, failed, skipped := w.document("a", "x"), w.document("b", "y"), w.skipped("c", "z", "binary")
	leaves := w.document("d", "w")
	w.list(t, "first", done, leaves)
	w.finish(t, 1, done, leaves)
	completed := func(want bool) catalog.Completed {
		t.Helper()
		list, err := w.CompletedSnapshots(t.Context(), []uuid.UUID{w.track.ID, uuid.New()})
		if err != nil || (len(list) == 1) != want {
			t.Fatalf("completed: %+v, want %v (%v)", list, want, err)
		}
		return append(list, catalog.Completed{})[0]
	}
	completed(true)

	s := w.begin(t, "second")
	completed(false) // what is counted would be partly another commit's
	w.put(t, s, done, failed, skipped)
	w.do(t, func(ctx context.Context) error { return w.RemoveFiles(ctx, s, []uuid.UUID{leaves.ID}) })
	w.do(t, func(ctx context.Context) error { return w.FinishListing(ctx, s, 3) })
	completed(false)
	w.do(t, func(ctx context.Context) error {
		return w.BuryDocument(ctx, catalog.Current{ID: failed.ID, Revision: 2}, "r")
	})
	completed(false) // d's points are still there
	_, err := w.DropRemoved(t.Context(), w.active(t).Number, []catalog.Current{{ID: leaves.ID, Revision: 2}})
	if err != nil {
		t.Fatal(err)
	}
	got := completed(true)
	want := catalog.Completed{Track: w.track, Commit: commit("second"), Revision: 2, Indexed: 1, Failed: 1, Skipped: 1}
	if got != want {
		t.Errorf("completed %+v, want %+v", got, want)
	}
	w.do(t, func(ctx context.Context) error { return w.MarkSnapshotIndexed(ctx, w.track.ID, 1) }) // late: changes nothing
	completed(true)
	w.do(t, func(ctx context.Context) error { return w.MarkSnapshotIndexed(ctx, w.track.ID, 2) })
	completed(false)
	if tracks, err := w.IndexingTracks(t.Context()); err != nil || len(tracks) != 0 {
		t.Errorf("indexing: %v, %v", tracks, err)
	}
}

// Points that can't be deleted are a failure, not a reason to wait for ever.
func TestBuriedRemovalCompletes(t *testing.T) {
	w := newWorld(t)
	a, b := w.document("a", "x"), w.document("b", "x")
	w.list(t, "first", a, b)
	w.finish(t, 1, a, b)
	w.list(t, "second", w.skipped("b", "y", "binary"))
	for _, id := range []uuid.UUID{a.ID, b.ID} {
		w.do(t, func(ctx context.Context) error { return w.BuryDocument(ctx, catalog.Current{ID: id, Revision: 2}, "r") })
	}
	w.is(t, a.ID, "removed", 2, 1, "infinity")
	w.is(t, b.ID, "skipped", 2, 1, "infinity")
	if list, err := w.CompletedSnapshots(t.Context(), []uuid.UUID{w.track.ID}); err != nil || len(list) != 1 {
		t.Errorf("completed: %+v, %v", list, err)
	}
}

// Two indexers finish a snapshot's last two documents. At least one of them sees that it
// is complete, whoever commits first.
func TestTheLastTwoDocuments(t *testing.T) {
	w := newWorld(t)
	files := []file{w.document("a", "x"), w.document("b", "y")}
	for i := range int64(20) {
		name := string(rune('a' + i))
		for j := range files {
			files[j] = w.document(string(files[j].Path), name+string(files[j].Path))
		}
		w.list(t, name, slices.Clone(files)...)
		var saw atomic.Int32
		together(t, 2, func(ctx context.Context, j int) error {
			if _, err := w.MarkIndexed(ctx, w.active(t).Number, []catalog.Current{{ID: files[j].ID, Revision: i + 1}}); err != nil {
				return err
			}
			list, err := w.CompletedSnapshots(ctx, []uuid.UUID{w.track.ID})
			saw.Add(int32(len(list)))
			return err
		})
		if saw.Load() == 0 {
			t.Fatalf("round %d: nobody saw that the snapshot is complete", i)
		}
	}
}
