// Package embeddertest holds the tests that every [embedder.Embedder] passes.
package embeddertest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/leatworks/leat/pipeline/embedder"
)

// texts holds texts as they occur in repositories, and texts that should not.
var texts = []string{
	"func ParseHeader(line string) (key, value string, err error)",
	"",
	" \t\n",
	"SELECT id, email FROM users WHERE deleted_at IS NULL",
	"größe größer ПРИВЕТ мир 検索エンジン",
	"\xff\xfe\x00broken\xc3 utf-8\xed\xa0\x80",
	strings.Repeat("a long line without a break ", 100),
	"func ParseHeader(line string) (key, value string, err error)",
}

// Run tests an embedder whose model is up. Vectors of the same text may differ as much as the arithmetic of a remote
// model differs between batches.
func Run(t *testing.T, e embedder.Embedder) {
	t.Run("Model", func(t *testing.T) { testModel(t, e) })
	t.Run("Vectors", func(t *testing.T) { testVectors(t, e) })
	t.Run("Order", func(t *testing.T) { testOrder(t, e) })
	t.Run("Concurrent", func(t *testing.T) { testConcurrent(t, e) })
	t.Run("Cancelled", func(t *testing.T) { testCancelled(t, e) })
}

func testModel(t *testing.T, e embedder.Embedder) {
	m := e.Model()
	if m.Name == "" || m.Dimensions < 1 || m.Distance != embedder.Dot && m.Distance != embedder.Cosine {
		t.Errorf("model %+v", m)
	}
	if again := e.Model(); again != m {
		t.Errorf("model %+v, then %+v", m, again)
	}
}

func testVectors(t *testing.T, e embedder.Embedder) {
	for _, purpose := range []embedder.Purpose{embedder.Document, embedder.Query} {
		vectors := embed(t, e, texts, purpose)
		for i, v := range vectors {
			if err := check(e.Model(), v); err != nil {
				t.Errorf("purpose %d, text %d: %v", purpose, i, err)
			}
		}
		clear(vectors[0]) // vectors belong to the caller
		if again := embed(t, e, texts[:1], purpose); check(e.Model(), again[0]) != nil {
			t.Error("a vector is shared with a later one")
		}
	}
	if none := embed(t, e, nil, embedder.Document); len(none) != 0 {
		t.Errorf("%d vectors of no texts", len(none))
	}
}

// check returns an error if a vector is invalid.
func check(m embedder.Model, v []float32) error {
	if len(v) != m.Dimensions {
		return fmt.Errorf("%d dimensions, want %d", len(v), m.Dimensions)
	}
	length := math.Sqrt(dot(v, v))
	if math.IsNaN(length) || math.IsInf(length, 0) || length == 0 {
		return fmt.Errorf("length %v", length)
	}
	if m.Distance == embedder.Dot && math.Abs(length-1) > 1e-3 {
		return fmt.Errorf("length %v, want 1", length)
	}
	return nil
}

func testOrder(t *testing.T, e embedder.Embedder) {
	together := embed(t, e, texts, embedder.Document)
	for i, text := range texts {
		alone := embed(t, e, []string{text}, embedder.Document)[0]
		if c := cosine(alone, together[i]); c < 0.999 {
			t.Errorf("text %d has one vector alone and another in a batch: cosine %.4f", i, c)
		}
	}
	if c := cosine(together[0], together[3]); c > 0.99 {
		t.Errorf("two texts with nothing in common have cosine %.4f", c)
	}
}

func testConcurrent(t *testing.T, e embedder.Embedder) {
	want := embed(t, e, texts, embedder.Document)
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			// Each call has its own part of the texts, so that mixed-up answers show.
			from := n % len(texts)
			got, err := e.Embed(t.Context(), texts[from:], embedder.Document)
			if err != nil {
				t.Error(err)
				return
			}
			for i, v := range got {
				if c := cosine(v, want[from+i]); c < 0.999 {
					t.Errorf("text %d: cosine %.4f with its vector", from+i, c)
				}
			}
		})
	}
	wg.Wait()
}

func testCancelled(t *testing.T, e embedder.Embedder) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the worker is draining")
	cancel(why)
	vectors, err := e.Embed(ctx, texts, embedder.Document)
	if vectors != nil || !errors.Is(err, why) && !errors.Is(err, context.Canceled) {
		t.Errorf("got %d vectors, %v", len(vectors), err)
	}
}

func embed(t *testing.T, e embedder.Embedder, texts []string, purpose embedder.Purpose) [][]float32 {
	t.Helper()
	vectors, err := e.Embed(t.Context(), texts, purpose)
	if err != nil {
		t.Fatal(err)
	}
	if len(vectors) != len(texts) {
		t.Fatalf("%d vectors of %d texts", len(vectors), len(texts))
	}
	return vectors
}

func cosine(a, b []float32) float64 {
	return dot(a, b) / math.Sqrt(dot(a, a)*dot(b, b))
}

func dot(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
