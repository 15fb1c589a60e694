package vectortest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/vector"
)

const (
	benchDimensions = 384
	benchPoints     = 4000
	benchTerms      = 40 // terms of a point
)

// Bench measures the calls that workers and searches make most often: an upsert of 500 points, a search for 160 hits by
// both vectors, and the marks of 4,000 points.
func Bench(b *testing.B, open Open) {
	store := open(b)
	collection := createOf(b, store, benchDimensions)
	random := rand.New(rand.NewPCG(1, 2))
	points := make([]vector.Point, benchPoints)
	for i := range points {
		points[i] = point(i+1, fmt.Sprintf("pipeline/vector/dir%d/f%d.go", i%20, i))
		points[i].Dense, points[i].Sparse = randomVector(random, benchDimensions), randomTerms(random)
	}
	upsert(b, store, collection, points...)

	b.Run("Upsert", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			at := i % 8 * 500
			upsert(b, store, collection, points[at:at+500]...)
		}
	})
	b.Run("Search", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			p := &points[i%benchPoints]
			search(b, store, collection, vector.Query{Dense: p.Dense, Sparse: p.Sparse, Filter: vector.Filter{Tenant: "acme"}, Limit: 160})
		}
	})
	b.Run("Marks", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			for _, err := range store.Marks(b.Context(), collection, nil, uuid.Nil) {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
			if n != benchPoints {
				b.Fatalf("%d marks, want %d", n, benchPoints)
			}
		}
	})
}

func randomTerms(random *rand.Rand) vector.Sparse {
	var s vector.Sparse
	for _, term := range random.Perm(2000)[:benchTerms] {
		s.Indices, s.Values = append(s.Indices, uint32(term)), append(s.Values, random.Float32())
	}
	return s
}
