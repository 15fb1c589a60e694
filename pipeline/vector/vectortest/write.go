package vectortest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/vector"
)

func testWrongDimensionIsRejected(t *testing.T, open Open) {
	store := open(t)
	collection := create(t, store)
	p := point(1, "a")
	p.Dense = p.Dense[1:]
	err := store.Upsert(t.Context(), collection, []vector.Point{p})
	if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject {
		t.Errorf("upsert: %v (%v), want a rejection", err, kind)
	}
}

func testDeletes(t *testing.T, open Open) {
	store := open(t)
	collection := create(t, store)
	var points []vector.Point
	for n := 1; n <= 9; n++ { // documents 3001 to 3003, each at revisions 1 to 3
		p := point(n, "a")
		p.Payload.Document, p.Payload.Revision = id(3001+(n-1)/3), int64(1+(n-1)%3)
		points = append(points, p)
	}
	upsert(t, store, collection, points...)

	for range 2 { // a repetition changes nothing
		err := store.DeleteOlder(t.Context(), collection, []vector.Stale{
			{Document: id(3001), Before: 3}, {Document: id(3002), Before: 1}, {Document: id(3003), Before: 99}, {Document: id(3999), Before: 99},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got, want := remaining(t, store, collection), []uuid.UUID{id(3), id(4), id(5), id(6)}; !slices.Equal(got, want) {
		t.Errorf("after DeleteOlder %v, want %v", got, want)
	}
}

func testNothingToDoIsNoCall(t *testing.T, open Open) {
	store := open(t)
	for what, err := range map[string]error{
		"upsert": store.Upsert(t.Context(), "absent", nil),
		"older":  store.DeleteOlder(t.Context(), "absent", nil), // an empty filter would match all points
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func testUpsertReplaces(t *testing.T, open Open) {
	store := open(t)
	collection := create(t, store)
	upsert(t, store, collection, point(1, "old"))
	upsert(t, store, collection, point(1, "new"))
	for path, want := range map[string]uint64{"old": 0, "new": 1} {
		count, err := store.Count(t.Context(), collection, vector.Filter{Tenant: "acme", Path: path})
		if err != nil || count != want {
			t.Errorf("%d points at %s, %v; want %d", count, path, err, want)
		}
	}
}

func testBadPointsAreRejected(t *testing.T, open Open) {
	store := open(t)
	for name, spoil := range map[string]func(*vector.Point){
		"path":   func(p *vector.Point) { p.Payload.Path = "a/\xff/b" },
		"sparse": func(p *vector.Point) { p.Sparse.Values = nil },
		"size":   func(p *vector.Point) { p.Payload.Symbol = strings.Repeat("x", 17<<20) },
	} {
		p := point(1, "a")
		spoil(&p)
		err := store.Upsert(t.Context(), "unused", []vector.Point{p})
		if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject || !strings.Contains(err.Error(), p.ID.String()) {
			t.Errorf("%s: %v, want a rejection that names the point", name, err)
		}
	}
}
