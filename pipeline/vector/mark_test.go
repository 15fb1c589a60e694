package vector_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/leatworks/leat/pipeline/vector"
)

func marksOf(t *testing.T, store *vector.Store, collection string, repositories []uuid.UUID, from uuid.UUID) []vector.Mark {
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

func TestMarks(t *testing.T) {
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

func TestWhatWasWrittenSinceItWasMarkedStays(t *testing.T) {
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

// A point that somebody else wrote has a mark, too, and can be deleted by it.
func TestAPointWithoutAPayloadHasAMark(t *testing.T) {
	url := serverURL(t)
	store, err := vector.Open(t.Context(), vector.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	collection := create(t, store)
	conn, err := grpc.NewClient(strings.TrimPrefix(url, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = qdrant.NewPointsClient(conn).Upsert(t.Context(), &qdrant.UpsertPoints{
		CollectionName: collection, Wait: qdrant.PtrOf(true),
		Points: []*qdrant.PointStruct{{
			Id: qdrant.NewIDUUID(id(1).String()), Vectors: qdrant.NewVectorsMap(map[string]*qdrant.Vector{"dense": qdrant.NewVectorDense(axis(0))}),
			Payload: map[string]*qdrant.Value{"repository": qdrant.NewValueString("none"), "revision": qdrant.NewValueString("none")},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	marks := marksOf(t, store, collection, nil, uuid.Nil)
	if !slices.Equal(marks, []vector.Mark{{ID: id(1)}}) {
		t.Fatalf("marks: %+v", marks)
	}
	if err := store.DeleteMarked(t.Context(), collection, marks); err != nil {
		t.Fatal(err)
	}
	if left := marksOf(t, store, collection, nil, uuid.Nil); len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
}
