package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Generation is one build of the index.
type Generation struct {
	Number     int64
	Collection string
	Embedder   Embedder
}

// Embedder is a model as the catalog knows it.
type Embedder struct {
	ID         int32
	Name       string
	Dimensions int
	Distance   string
}

func (e Embedder) same(other Embedder) bool {
	return e.Name == other.Name && e.Dimensions == other.Dimensions && e.Distance == other.Distance
}

func (e Embedder) String() string {
	return fmt.Sprintf("%s (%d dimensions, %s)", e.Name, e.Dimensions, e.Distance)
}

// generationLock is the advisory lock under which the first generation is made.
const generationLock = 0x6c656174_00000002

// EnsureGeneration returns the active generation, or makes the first one, for
// the named embedder. A collection's name is prefix_gN.
func (c *Catalog) EnsureGeneration(ctx context.Context, prefix string, want Embedder) (Generation, error) {
	var active Generation
	err := c.WithLock(ctx, generationLock, func(ctx context.Context) error {
		var err error
		active, err = c.ActiveGeneration(ctx)
		if errors.Is(err, ErrNotFound) {
			return c.addGeneration(ctx, prefix, want, &active)
		}
		return err
	})
	if err != nil {
		return active, err
	}
	if built := active.Embedder; !built.same(want) {
		return active, fault.Reject(fmt.Errorf("the index was built with embedder %v, and %v is configured: configure %[1]v, or use an empty catalog", built, want))
	}
	return active, nil
}

func (c *Catalog) addGeneration(ctx context.Context, prefix string, want Embedder, into *Generation) error {
	return c.inTx(ctx, func(q *query.Queries) error {
		e, err := q.PutEmbedder(ctx, want.Name, int32(want.Dimensions), want.Distance)
		if err != nil {
			return fmt.Errorf("put embedder %s: %w", want.Name, err)
		}
		g, err := q.AddGeneration(ctx, e.ID, prefix)
		if err != nil {
			return fmt.Errorf("add generation: %w", err)
		}
		want.ID = e.ID
		*into = Generation{Number: g.Number, Collection: g.Collection, Embedder: want}
		return nil
	})
}

// ActiveGeneration returns the generation that searches use, or ErrNotFound.
func (c *Catalog) ActiveGeneration(ctx context.Context) (Generation, error) {
	g, err := c.query.ActiveGeneration(ctx)
	if noRows(err) {
		return Generation{}, fmt.Errorf("active generation: %w", ErrNotFound)
	}
	if err != nil {
		return Generation{}, fmt.Errorf("load active generation: %w", err)
	}
	return Generation{
		Number:     g.Number,
		Collection: g.Collection,
		Embedder:   Embedder{ID: g.Embedder, Name: g.Name, Dimensions: int(g.Dimensions), Distance: g.Distance},
	}, nil
}
