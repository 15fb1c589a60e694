// Package vectortest holds the tests that every [vector.Store] passes. Each
// covers one promise of the contract.
package vectortest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/vector"
)

// Open connects to a server and closes the store when the test ends. Tests may share the server.
type Open func(t testing.TB) vector.Store

// Run tests a driver whose server is up. Every test makes collections and aliases with names of its own, and removes
// them again.
func Run(t *testing.T, open Open) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, open Open)
	}{
		{"NoCollection", testNoCollection},
		{"CreateCollectionIsIdempotent", testCreateCollectionIsIdempotent},
		{"CreateCollectionByMany", testCreateCollectionByMany},
		{"AliasMovesAtOnce", testAliasMovesAtOnce},
		{"CosineIgnoresLength", testCosineIgnoresLength},

		{"UpsertReplaces", testUpsertReplaces},
		{"BadPointsAreRejected", testBadPointsAreRejected},
		{"WrongDimensionIsRejected", testWrongDimensionIsRejected},
		{"NothingToDoIsNoCall", testNothingToDoIsNoCall},
		{"Deletes", testDeletes},

		{"PointsComeBackAsTheyWereWritten", testPointsComeBackAsTheyWereWritten},
		{"OrderOfWritesDoesNotMatter", testOrderOfWritesDoesNotMatter},
		{"ScrollPagesAndStops", testScrollPagesAndStops},
		{"Missing", testMissing},
		{"CancelledCallSaysSo", testCancelledCallSaysSo},

		{"Marks", testMarks},
		{"WhatWasWrittenSinceItWasMarkedStays", testWhatWasWrittenSinceItWasMarkedStays},

		{"SearchFusesBothRankings", testSearchFusesBothRankings},
		{"RareTermsWeighMore", testRareTermsWeighMore},
		{"Filters", testFilters},
		{"EveryReadNeedsATenant", testEveryReadNeedsATenant},
		{"GlobsAgreeWithDoublestar", testGlobsAgreeWithDoublestar},
		{"GlobsMatchBothForms", testGlobsMatchBothForms},
		{"BadGlobSaysWhatToChange", testBadGlobSaysWhatToChange},
		{"GlobWidensTheSearch", testGlobWidensTheSearch},
		{"SearchRefusesWhatItCannotAnswer", testSearchRefusesWhatItCannotAnswer},
		{"SearchIsExactEnough", testSearchIsExactEnough},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open) })
	}
}

const dimensions = 8

// create makes a collection with a unique name.
func create(t testing.TB, store vector.Store) string {
	t.Helper()
	return createOf(t, store, dimensions)
}

func createOf(t testing.TB, store vector.Store, dimensions int) string {
	t.Helper()
	name := "leat-test-" + uuid.NewString()
	if err := store.CreateCollection(t.Context(), name, dimensions, vector.Dot); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := store.DropCollection(ctx, name); err != nil {
			t.Errorf("drop the collection: %v", err)
		}
	})
	return name
}

// id makes ids that are ordered as n is.
func id(n int) uuid.UUID { return uuid.MustParse(fmt.Sprintf("00000000-0000-4000-8000-%012d", n)) }

// axis returns the unit vector of a dimension.
func axis(n int) []float32 {
	v := make([]float32, dimensions)
	v[n%dimensions] = 1
	return v
}

// point makes the n-th point. It belongs to a document of its own at path, and to tenant "acme".
func point(n int, path string) vector.Point {
	return vector.Point{
		ID:     id(n),
		Dense:  axis(n),
		Sparse: vector.Sparse{Indices: []uint32{7, uint32(100 + n)}, Values: []float32{0.5, 1}},
		Payload: vector.Payload{
			Tenant: "acme", Repository: id(1000), Track: id(2000), Document: id(3000 + n),
			Ref: "refs/heads/main", Path: path, Language: "Go", Kind: "function", Symbol: fmt.Sprintf("f%d", n),
			Blob: fmt.Sprintf("%064x", n), Commit: fmt.Sprintf("%040x", n),
			StartLine: n, EndLine: n + 1, StartByte: 10 * n, EndByte: 10*n + 10, Revision: int64(n),
		},
	}
}

func upsert(t testing.TB, store vector.Store, collection string, points ...vector.Point) {
	t.Helper()
	if err := store.Upsert(t.Context(), collection, points); err != nil {
		t.Fatal(err)
	}
}

func randomVector(r *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = r.Float32()*2 - 1
	}
	return v
}
