package vector_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/vector"
)

func TestPointsComeBackAsTheyWereWritten(t *testing.T) {
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

func TestMissing(t *testing.T) {
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

func TestNoCollection(t *testing.T) {
	store := open(t)
	name := "leat-test-" + uuid.NewString()
	_, countErr := store.CountAll(t.Context(), name)
	_, searchErr := store.Search(t.Context(), name, vector.Query{Dense: axis(0), Filter: vector.Filter{Tenant: "acme"}, Limit: 1})
	for what, err := range map[string]error{
		"upsert": store.Upsert(t.Context(), name, []vector.Point{point(1, "a")}),
		"delete": store.DeletePoints(t.Context(), name, []uuid.UUID{id(1)}),
		"alias":  store.SetAlias(t.Context(), name+"-alias", name),
		"count":  countErr,
		"search": searchErr,
	} {
		if !errors.Is(err, vector.ErrNoCollection) {
			t.Errorf("%s: %v, want ErrNoCollection", what, err)
		}
	}
	if err := store.DropCollection(t.Context(), name); err != nil {
		t.Errorf("drop: %v", err)
	}
}

func TestWrongDimensionIsRejected(t *testing.T) {
	store := open(t)
	collection := create(t, store)
	p := point(1, "a")
	p.Dense = p.Dense[1:]
	err := store.Upsert(t.Context(), collection, []vector.Point{p})
	if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject {
		t.Errorf("upsert: %v (%v), want a rejection", err, kind)
	}
}
