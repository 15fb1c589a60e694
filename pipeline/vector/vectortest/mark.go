package vectortest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/vector"
)

func marksOf(t *testing.T, store vector.Store, collection string, repositories []uuid.UUID, from uuid.UUID) []vector.Mark {
	t.Helper()
	var marks []vector.Mark
	for mark, err := range store.Marks(t.Context(), collection, repositories, from) {
		if err != nil {
			t.Fatal(err)
		}
		marks = append(marks, mark)
	}
	return marks
}

func mark(p vector.Point) vector.Mark {
	return vector.Mark{
		ID: p.ID, Tenant: p.Payload.Tenant, Repository: p.Payload.Repository, Document: p.Payload.Document,
		Path: p.Payload.Path, Blob: p.Payload.Blob, Revision: p.Payload.Revision,
	}
}

func testMarks(t *testing.T, open Open) {
	store := open(t)
	collection := create(t, store)
	const n = 2100 // three pages
	points := make([]vector.Point, n)
	want := make([]vector.Mark, n)
	for i := range points {
		points[i] = point(i+1, fmt.Sprintf("f%d.go", i))
		if i%3 == 0 {
			points[i].Payload.Repository, points[i].Payload.Tenant = id(1001), "other"
		}
		want[i] = mark(points[i])
	}
	upsert(t, store, collection, points...)
	if got := marksOf(t, store, collection, nil, uuid.Nil); !slices.Equal(got, want) {
		t.Errorf("%d marks of all, want %d", len(got), n)
	}
	if got := marksOf(t, store, collection, nil, id(1500)); !slices.Equal(got, want[1499:]) {
		t.Errorf("%d marks from the 1,500th, want %d", len(got), n-1499)
	}
	other := slices.DeleteFunc(slices.Clone(want), func(m vector.Mark) bool { return m.Tenant != "other" })
	if got := marksOf(t, store, collection, []uuid.UUID{id(1001)}, uuid.Nil); !slices.Equal(got, other) {
		t.Errorf("%d marks of a repository, want %d", len(got), len(other))
	}
	if got, err := store.CountOf(t.Context(), collection, id(1001)); err != nil || int(got) != len(other) {
		t.Errorf("%d points of a repository (%v), want %d", got, err, len(other))
	}
	held, err := store.Held(t.Context(), collection, []uuid.UUID{id(7), id(n + 1), id(2000)})
	if err != nil || len(held) != 2 || !slices.Contains(held, want[6]) || !slices.Contains(held, want[1999]) {
		t.Errorf("held: %+v (%v)", held, err)
	}
}

func testWhatWasWrittenSinceItWasMarkedStays(t *testing.T, open Open) {
	store := open(t)
	collection := create(t, store)
	upsert(t, store, collection, point(1, "a"), point(2, "b"), point(3, "c"), point(4, "d"))
	marks := marksOf(t, store, collection, nil, uuid.Nil)
	again := point(2, "b")
	again.Payload.Revision++
	upsert(t, store, collection, again)
	if err := store.DeleteMarked(t.Context(), collection, marks[:3]); err != nil {
		t.Fatal(err)
	}
	want := []vector.Mark{mark(again), marks[3]}
	if got := marksOf(t, store, collection, nil, uuid.Nil); !slices.Equal(got, want) {
		t.Errorf("left\n%+v\nwant\n%+v", got, want)
	}
}
