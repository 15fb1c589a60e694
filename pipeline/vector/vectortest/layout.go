package vectortest

import (
	"math/rand/v2"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/vector"
)

// OpenLayout is like [Open], for a store that makes collections with this layout. It ends the test if the server does
// not support the layout.
type OpenLayout func(t testing.TB, layout vector.Layout) vector.Store

// RunLayout tests that a driver makes collections with the given layout, and describes them. replicas is how many
// copies of a shard the server can have.
func RunLayout(t *testing.T, replicas int, open OpenLayout) {
	for name, layout := range map[string]vector.Layout{
		"the server's own": {},
		"spread": {
			Shards: 2, Replicas: replicas, WriteConsistency: replicas, HNSWEdges: 24, EFConstruct: 128,
		},
		"on disk": {HNSWEdges: 16, EFConstruct: 200, HNSWOnDisk: true, VectorsOnDisk: true},
		"scalar":  {Quantization: vector.ScalarQuantization, VectorsOnDisk: true},
		"binary":  {Quantization: vector.BinaryQuantization, QuantizedOnDisk: true},
	} {
		t.Run(name, func(t *testing.T) { testLayout(t, open, layout) })
	}
	t.Run("AnotherLayoutLeavesACollectionAsItIs", func(t *testing.T) { testAnotherLayout(t, open) })
}

func testLayout(t *testing.T, open OpenLayout, layout vector.Layout) {
	store := open(t, layout)
	const wide = 64 // binary codes of fewer dimensions distinguish nothing
	collection := createOf(t, store, wide)
	held, err := store.Layout(t.Context(), collection)
	if err != nil {
		t.Fatal(err)
	}
	if list := layout.Differences(held); len(list) > 0 {
		t.Errorf("the collection differs from its layout: %q", list)
	}
	if !held.TenantIndex || held.Shards < 1 || held.Replicas < 1 || held.WriteConsistency < 1 || held.HNSWEdges < 1 || held.EFConstruct < 1 {
		t.Errorf("held as %+v, want every field", held)
	}
	// The layout changes no answer. The nearest to each of some random points is the point itself.
	r := rand.New(rand.NewPCG(1, 2))
	points := make([]vector.Point, 50)
	for i := range points {
		points[i] = point(i, "a")
		points[i].Dense = randomVector(r, wide)
	}
	upsert(t, store, collection, points...)
	for _, want := range points[:5] {
		hits := search(t, store, collection, vector.Query{Dense: want.Dense, Filter: vector.Filter{Tenant: "acme"}, Limit: 1})
		if len(hits) != 1 || hits[0].ID != want.ID {
			t.Errorf("nearest of point %s: %+v", want.ID, hits)
		}
	}
}

func testAnotherLayout(t *testing.T, open OpenLayout) {
	first := open(t, vector.Layout{HNSWEdges: 16})
	collection := create(t, first)
	upsert(t, first, collection, point(1, "a"))
	other := vector.Layout{HNSWEdges: 32, Quantization: vector.ScalarQuantization}
	second := open(t, other)
	if err := second.CreateCollection(t.Context(), collection, dimensions, vector.Dot); err != nil {
		t.Fatal(err)
	}
	held, err := second.Layout(t.Context(), collection)
	if err != nil {
		t.Fatal(err)
	}
	if held.HNSWEdges != 16 || held.Quantized() || len(other.Differences(held)) != 2 {
		t.Errorf("held as %+v, with differences %q", held, other.Differences(held))
	}
	if got := remaining(t, second, collection); len(got) != 1 {
		t.Errorf("%d points are left, want 1", len(got))
	}
	if _, err := second.Layout(t.Context(), "leat-test-"+uuid.NewString()); err == nil {
		t.Error("a collection that does not exist has a layout")
	}
}
