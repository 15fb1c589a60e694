package worker_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

// The store loses a point of a rebuild after it has confirmed it, and holds one that nobody wrote,
// so that the number is right. No message tells of either. The comparison before the swap must find
// both.
func TestARebuildFindsWhatTheStoreLost(t *testing.T) {
	f := newFactory(t)
	f.work()
	f.ingest(tree(100))
	want := f.digest(f.Generation.Collection)
	g := f.rebuild("local-384", catalog.SourceStream)
	f.begin(g)
	f.within("all messages of the rebuild are settled", func() bool {
		waiting, inFlight, err := f.Streams().Lag(t.Context(), g, false)
		return err == nil && waiting+inFlight == 0 && f.count(g) == want.Points
	})
	var one vector.Point
	for p, err := range f.Points.ScrollAll(t.Context(), g.Collection, true) {
		if err != nil {
			t.Fatal(err)
		}
		one = p
		break
	}
	lost := []vector.Mark{{ID: one.ID, Revision: one.Payload.Revision}}
	if err := f.Points.DeleteMarked(t.Context(), g.Collection, lost); err != nil {
		t.Fatal(err)
	}
	one.ID = uuid.New()
	if err := f.Points.Upsert(t.Context(), g.Collection, []vector.Point{one}); err != nil {
		t.Fatal(err)
	}
	if n := f.count(g); n != want.Points || f.digest(g.Collection) == want {
		t.Fatalf("%d points, want %d others", n, want.Points)
	}
	done := are("1 retired, 2 active")
	f.until("the rebuild is done", f.gens, func(list []catalog.GenerationStatus) bool {
		if f.alias() == g.Collection && f.digest(g.Collection) != want {
			t.Fatal("the index was swapped without its lost point")
		}
		return done(list)
	})
	if got := f.digest(g.Collection); got != want {
		t.Errorf("the rebuilt index is %+v, want %+v", got, want)
	}
}
