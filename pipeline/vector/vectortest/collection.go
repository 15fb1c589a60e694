package vectortest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/vector"
)

func testNoCollection(t *testing.T, open Open) {
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

func testCreateCollectionIsIdempotent(t *testing.T, open Open) {
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

func testCreateCollectionByMany(t *testing.T, open Open) {
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

func testAliasMovesAtOnce(t *testing.T, open Open) {
	store := open(t)
	first, second := create(t, store), create(t, store)
	upsert(t, store, first, point(1, "a"))
	upsert(t, store, second, point(2, "a"))
	alias := "leat-alias-" + uuid.NewString()
	if _, found, err := store.Alias(t.Context(), alias); found || err != nil {
		t.Errorf("found %v, %v before the alias was set", found, err)
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
		t.Errorf("found through the alias: %v", got)
	}
}

func testCosineIgnoresLength(t *testing.T, open Open) {
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
