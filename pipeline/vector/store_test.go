package vector_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

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
		"delete": store.DeleteOlder(t.Context(), name, []vector.Stale{{Document: id(1), Before: 1}}),
		"alias":  store.SetAlias(t.Context(), name+"-alias", name),
		"count":  countErr,
		"search": searchErr,
	} {
		if !errors.Is(err, vector.ErrNoCollection) {
			t.Errorf("%s: %v, want ErrNoCollection", what, err)
		}
		if kind, _ := fault.Of(err); kind != fault.KindRetry {
			t.Errorf("%s: an error of kind %v, want one to be tried again", what, kind)
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

func remaining(t testing.TB, store *vector.Store, collection string) []uuid.UUID {
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

func TestDeletes(t *testing.T) {
	store := open(t)
	collection := create(t, store)
	var points []vector.Point
	for n := 1; n <= 9; n++ { // documents 3001 to 3003, each at revisions 1 to 3
		p := point(n, "a")
		p.Payload.Document, p.Payload.Revision = id(3001+(n-1)/3), int64(1+(n-1)%3)
		points = append(points, p)
	}
	upsert(t, store, collection, points...)

	for range 2 { // idempotent
		err := store.DeleteOlder(t.Context(), collection, []vector.Stale{{id(3001), 3}, {id(3002), 1}, {id(3003), 99}, {id(3999), 99}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got, want := remaining(t, store, collection), []uuid.UUID{id(3), id(4), id(5), id(6)}; !slices.Equal(got, want) {
		t.Errorf("after DeleteOlder %v, want %v", got, want)
	}
}

func TestNothingToDoIsNoCall(t *testing.T) {
	store := open(t)
	for what, err := range map[string]error{
		"upsert": store.Upsert(t.Context(), "absent", nil),
		"older":  store.DeleteOlder(t.Context(), "absent", nil), // an empty filter would match all
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestUpsertReplaces(t *testing.T) {
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

func TestScrollPagesAndStops(t *testing.T) {
	store := open(t)
	collection := create(t, store)
	points := make([]vector.Point, 2100)
	for i := range points {
		points[i] = point(len(points)-i, "a")
	}
	upsert(t, store, collection, points...)
	all := store.ScrollAll(t.Context(), collection, false)
	for range 2 { // it can be ranged over again
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

func TestCreateCollectionIsIdempotent(t *testing.T) {
	store := open(t)
	collection := create(t, store)
	upsert(t, store, collection, point(1, "a"))
	if err := store.CreateCollection(t.Context(), collection, dimensions, "dot"); err != nil {
		t.Errorf("create again: %v", err)
	}
	for what, err := range map[string]error{
		"dimensions": store.CreateCollection(t.Context(), collection, dimensions+1, "dot"),
		"distance":   store.CreateCollection(t.Context(), collection, dimensions, "cosine"),
		"unknown":    store.CreateCollection(t.Context(), collection, dimensions, "manhattan"),
		"none":       store.CreateCollection(t.Context(), collection, 0, "dot"),
	} {
		if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject {
			t.Errorf("%s: %v, want a rejection", what, err)
		}
	}
	if got := remaining(t, store, collection); len(got) != 1 {
		t.Errorf("%d points are left, want 1", len(got))
	}
	names, err := store.Collections(t.Context())
	if err != nil || !slices.Contains(names, collection) {
		t.Errorf("collections %v, %v; want %s among them", names, err, collection)
	}
}

func TestCreateCollectionByMany(t *testing.T) {
	store := open(t)
	collection := create(t, store)
	if err := store.DropCollection(t.Context(), collection); err != nil {
		t.Fatal(err)
	}
	var group errgroup.Group
	for range 8 {
		group.Go(func() error { return store.CreateCollection(t.Context(), collection, dimensions, "dot") })
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

func TestAliasMovesAtOnce(t *testing.T) {
	store := open(t)
	first, second := create(t, store), create(t, store)
	upsert(t, store, first, point(1, "a"))
	upsert(t, store, second, point(2, "a"))
	alias := "leat-alias-" + uuid.NewString()
	if _, found, err := store.Alias(t.Context(), alias); found || err != nil {
		t.Errorf("found %v, %v before it was set", found, err)
	}
	for range 2 {
		if err := store.SetAlias(t.Context(), alias, first); err != nil {
			t.Fatal(err)
		}
	}
	stop := make(chan struct{})
	var readers errgroup.Group
	readers.Go(func() error {
		for {
			select {
			case <-stop:
				return nil
			default:
				if n, err := store.CountAll(t.Context(), alias); err != nil || n != 1 {
					return fmt.Errorf("counted %d through the alias: %w", n, err)
				}
			}
		}
	})
	for i := range 20 {
		if err := store.SetAlias(t.Context(), alias, []string{second, first}[i%2]); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	if err := readers.Wait(); err != nil {
		t.Error(err)
	}
	if err := store.SetAlias(t.Context(), alias, second); err != nil {
		t.Fatal(err)
	}
	if got, found, err := store.Alias(t.Context(), alias); got != second || !found || err != nil {
		t.Errorf("alias is %s, %v, %v; want %s", got, found, err, second)
	}
	if got := remaining(t, store, alias); !slices.Equal(got, []uuid.UUID{id(2)}) {
		t.Errorf("through the alias %v", got)
	}
}

func TestCosineIgnoresLength(t *testing.T) {
	store := open(t)
	name := "leat-test-" + uuid.NewString()
	if err := store.CreateCollection(t.Context(), name, dimensions, "cosine"); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.DropCollection(t.Context(), name); err != nil {
			t.Error(err)
		}
	}()
	p := point(1, "a")
	p.Dense = []float32{3, 4, 0, 0, 0, 0, 0, 0}
	upsert(t, store, name, p)
	hits := search(t, store, name, vector.Query{Dense: []float32{30, 40, 0, 0, 0, 0, 0, 0}, Filter: vector.Filter{Tenant: "acme"}, Limit: 1})
	if len(hits) != 1 || hits[0].Score < 0.99999 || hits[0].Score > 1.00001 {
		t.Errorf("hits %+v, want one of score 1", hits)
	}
}

func TestBadPointsAreRejected(t *testing.T) {
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
