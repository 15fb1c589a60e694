package vectortest

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/vector"
)

func testPointsComeBackAsTheyWereWritten(t *testing.T, open Open) {
	store := open(t)
	collection := create(t, store)
	want := []vector.Point{point(1, "a/b/c.go"), point(2, "README.md"), point(3, "a/d.go")}
	want[1].Payload.Language, want[1].Payload.Symbol, want[1].Payload.Kind = "", "", ""
	want[2].Sparse = vector.Sparse{}
	upsert(t, store, collection, want[2], want[0], want[1])

	var got []vector.Point
	for p, err := range store.Scroll(t.Context(), collection, vector.Filter{Tenant: "acme"}, true) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("scrolled\n%+v\nwant\n%+v", got, want)
	}
}

func testMissing(t *testing.T, open Open) {
	store := open(t)
	collection := create(t, store)
	upsert(t, store, collection, point(1, "a"), point(3, "b"))
	missing, err := store.Missing(t.Context(), collection, []uuid.UUID{id(4), id(3), id(2), id(1)})
	if err != nil {
		t.Fatal(err)
	}
	if want := []uuid.UUID{id(4), id(2)}; !slices.Equal(missing, want) {
		t.Errorf("missing %v, want %v", missing, want)
	}
}

func remaining(t testing.TB, store vector.Store, collection string) []uuid.UUID {
	t.Helper()
	var ids []uuid.UUID
	for p, err := range store.ScrollAll(t.Context(), collection, false) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, p.ID)
	}
	return ids
}

func testScrollPagesAndStops(t *testing.T, open Open) {
	store := open(t)
	collection := create(t, store)
	points := make([]vector.Point, 2100)
	for i := range points {
		points[i] = point(len(points)-i, "a")
	}
	upsert(t, store, collection, points...)
	all := store.ScrollAll(t.Context(), collection, false)
	for range 2 { // a caller can range over it again
		n := 0
		for p, err := range all {
			if n++; err != nil || p.ID != id(n) {
				t.Fatalf("point %d is %s, %v", n, p.ID, err)
			}
		}
		if n != len(points) {
			t.Errorf("%d points, want %d", n, len(points))
		}
	}
	n := 0
	for _, err := range all {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 5 {
			break
		}
	}
	if n != 5 {
		t.Errorf("stopped after %d", n)
	}
}

// testOrderOfWritesDoesNotMatter writes the same points to two collections in different orders. It writes one point in
// two versions.
func testOrderOfWritesDoesNotMatter(t *testing.T, open Open) {
	store := open(t)
	one, two := create(t, store), create(t, store)
	var points []vector.Point
	for n := 1; n <= 40; n++ {
		points = append(points, point(n, "a.go"))
	}
	upsert(t, store, one, points...)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
	upsert(t, store, two, point(7, "old.go"))
	for i := range points {
		upsert(t, store, two, points[i])
	}
	query := vector.Query{
		Dense: axis(3), Sparse: vector.Sparse{Indices: []uint32{7, 103}, Values: []float32{1, 1}},
		Filter: vector.Filter{Tenant: "acme"}, Limit: 40,
	}
	if a, b := search(t, store, one, query), search(t, store, two, query); len(a) != 40 || !slices.Equal(a, b) {
		t.Errorf("found\n%+v\nand\n%+v", a, b)
	}
	if a, b := marksOf(t, store, one, nil, uuid.Nil), marksOf(t, store, two, nil, uuid.Nil); len(a) != 40 || !slices.Equal(a, b) {
		t.Errorf("marks\n%+v\nand\n%+v", a, b)
	}
}

func testCancelledCallSaysSo(t *testing.T, open Open) {
	store := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.Collections(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}
