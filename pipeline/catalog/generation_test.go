package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/catalog"
)

func TestEnsureGeneration(t *testing.T) {
	w := newWorld(t)
	want := catalog.Embedder{Name: "e", Dimensions: 3, Distance: "dot"}
	numbers := make(chan int64, 8)
	together(t, 8, func(ctx context.Context, _ int) error {
		g, err := w.Generations.Ensure(ctx, "leat", want)
		numbers <- g.Number
		return err
	})
	close(numbers)
	for n := range numbers {
		if n != 1 {
			t.Errorf("generation %d, want 1 for all", n)
		}
	}
	for _, other := range []catalog.Embedder{{Name: "e", Dimensions: 4, Distance: "dot"}, {Name: "e", Dimensions: 3, Distance: "cosine"}} {
		g, err := w.Generations.Ensure(t.Context(), "leat", other)
		if err != nil || g.Embedder.Dimensions != want.Dimensions || g.Embedder.Distance != want.Distance {
			t.Errorf("the index that is there is %v (%v)", g, err)
		}
		assertKind(t, g.Embedder.Check(other), fault.KindReject)
	}
}

// The first model of a name decides how its vectors are made. A model of that name
// that makes other vectors is refused.
func TestVectorsOfOneNameAreMadeInOneWay(t *testing.T) {
	w := newWorld(t)
	unknown := catalog.Embedder{Name: "e", Dimensions: 3, Distance: "dot"}
	a, b := unknown, unknown
	a.Recipe, b.Recipe = `document_prefix "a: "`, `document_prefix "b: "`
	g, err := w.Generations.Ensure(t.Context(), "leat", unknown)
	if err != nil {
		t.Fatal(err)
	}
	adopted := make(chan error, 8) // half of them one, half the other
	together(t, 8, func(ctx context.Context, i int) error {
		adopted <- w.Generations.Adopt(ctx, g.Embedder, []catalog.Embedder{a, b}[i%2])
		return nil
	})
	close(adopted)
	refused := 0
	for err := range adopted {
		if err != nil {
			assertKind(t, err, fault.KindReject)
			refused++
		}
	}
	if refused != 4 {
		t.Errorf("%d of 8 are refused, want 4", refused)
	}
	if g, err = w.Generations.Active(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := a
	if g.Embedder.Recipe == a.Recipe {
		other = b
	}
	err = g.Embedder.Check(other)
	assertKind(t, err, fault.KindReject)
	if !errors.Is(err, catalog.ErrOtherModel) {
		t.Errorf("the error is not marked as one of another model: %v", err)
	}
	for _, want := range []string{a.Recipe, b.Recipe} {
		if !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("the error says nothing of %s: %v", want, err)
		}
	}
	if _, err := w.Generations.Add(t.Context(), "leat", other, catalog.SourceStream); err == nil {
		t.Error("a generation is made with it")
	}
	other.Name = "f"
	if err := w.Generations.Adopt(t.Context(), g.Embedder, other); err != nil {
		t.Errorf("another name: %v", err)
	}
}
