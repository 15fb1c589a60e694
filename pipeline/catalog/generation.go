package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// GenerationState is where a generation is between its first build and its end.
type GenerationState string

// The states of a generation.
const (
	GenerationBuilding GenerationState = "building" // on its way to be the active one
	GenerationActive   GenerationState = "active"   // searches use it; there is one
	GenerationRetired  GenerationState = "retired"  // was active; kept up to date, so that the index can be rolled back
	GenerationDropping GenerationState = "dropping" // its collection and its consumers are to go, then its row
)

// Generations are the builds of the index, with the embedders that they use, and the
// documents that the generations beside the active one could not take.
type Generations struct {
	*store
	locks *Locks
}

// Generation is one build of the index.
type Generation struct {
	Number     int64
	Collection string
	Embedder   Embedder
}

// Index lists the generations to which events about documents go.
type Index struct {
	Active    Generation
	Embedders []string // of all generations that are kept up to date, the active one's last
}

// Distance is how an embedder's vectors are compared.
type Distance string

// The distances that an embedder may have.
const (
	Dot    Distance = "dot"    // vectors have unit length: the dot product is the cosine
	Cosine Distance = "cosine" // vectors have any length but zero
)

// Embedder is a model as the catalog knows it.
type Embedder struct {
	ID         int32
	Name       string
	Dimensions int
	Distance   Distance
	Recipe     string // the other things that decide its vectors; "": the name says all, or they are unknown
}

// ErrOtherModel marks a model that has the name of an embedder and makes other
// vectors. It becomes usable under another name, in a generation of its own.
var ErrOtherModel = errors.New("set it back, or give the model another name and build the index anew with it")

// Check returns ErrOtherModel, as a rejection, for a model that has the embedder's name
// and makes other vectors: a search over two kinds of vectors in one index would find
// nothing.
func (e Embedder) Check(model Embedder) error {
	switch {
	case e.Name != model.Name:
		return nil
	case e.Dimensions != model.Dimensions || e.Distance != model.Distance:
		return fault.Reject(fmt.Errorf("the catalog holds vectors of embedder %v, and the model of that name is %v: %w", e, model, ErrOtherModel))
	case e.Recipe != model.Recipe && e.Recipe != "" && model.Recipe != "":
		return fault.Reject(fmt.Errorf("the catalog holds vectors of embedder %s made with %s, and its configuration says %s: %w", e.Name, e.Recipe, model.Recipe, ErrOtherModel))
	}
	return nil
}

// Adopt does what Check does, and records how a model makes its vectors if the catalog
// does not know that yet.
func (gs *Generations) Adopt(ctx context.Context, known, model Embedder) error {
	if err := known.Check(model); err != nil {
		return err
	}
	if known.Name != model.Name || known.Recipe != "" || model.Recipe == "" {
		return nil
	}
	var err error
	if known.Recipe, err = gs.query.SetRecipe(ctx, model.Recipe, known.ID); err != nil {
		return fmt.Errorf("put recipe of embedder %s: %w", known.Name, err)
	}
	return known.Check(model) // another process may have been first
}

func (e Embedder) String() string {
	return fmt.Sprintf("%s (%d dimensions, %s)", e.Name, e.Dimensions, e.Distance)
}

// generationLock is the advisory lock under which the first generation is made.
const generationLock = 0x6c656174_00000002

// Ensure returns the active generation, or makes the first one for the embedder
// wanted. An index that exists already keeps its own embedder. A collection's
// name is prefix_gN.
func (gs *Generations) Ensure(ctx context.Context, prefix string, want Embedder) (Generation, error) {
	var active Generation
	err := gs.locks.With(ctx, generationLock, func(ctx context.Context) error {
		var err error
		active, err = gs.Active(ctx)
		if errors.Is(err, ErrNotFound) {
			return gs.addFirst(ctx, prefix, want, &active)
		}
		return err
	})
	return active, err
}

func (gs *Generations) addFirst(ctx context.Context, prefix string, want Embedder, into *Generation) error {
	return gs.inTx(ctx, func(q *query.Queries) error {
		e, err := putEmbedder(ctx, q, want)
		if err != nil {
			return err
		}
		g, err := q.AddFirstGeneration(ctx, e.ID, prefix)
		if err != nil {
			return fmt.Errorf("add generation: %w", err)
		}
		*into = Generation{Number: g.Number, Collection: g.Collection, Embedder: e}
		return nil
	})
}

// putEmbedder returns the embedder as the catalog has it. A name stands for one
// model for ever: a model of that name that makes other vectors is refused.
func putEmbedder(ctx context.Context, q *query.Queries, want Embedder) (Embedder, error) {
	e, err := q.PutEmbedder(ctx, query.PutEmbedderParams{Name: want.Name, Dimensions: int32(want.Dimensions), Distance: string(want.Distance), Recipe: want.Recipe})
	if err != nil {
		return want, fmt.Errorf("put embedder %s: %w", want.Name, err)
	}
	known := Embedder{ID: e.ID, Name: want.Name, Dimensions: int(e.Dimensions), Distance: Distance(e.Distance), Recipe: e.Recipe}
	return known, known.Check(want)
}

// Active returns the generation that searches use, or ErrNotFound.
func (gs *Generations) Active(ctx context.Context) (Generation, error) {
	g, err := gs.query.ActiveGeneration(ctx)
	if noRows(err) {
		return Generation{}, fmt.Errorf("active generation: %w", ErrNotFound)
	}
	if err != nil {
		return Generation{}, fmt.Errorf("load active generation: %w", err)
	}
	return Generation{
		Number:     g.Number,
		Collection: g.Collection,
		Embedder:   Embedder{ID: g.Embedder, Name: g.Name, Dimensions: int(g.Dimensions), Distance: Distance(g.Distance), Recipe: g.Recipe},
	}, nil
}

// Embedders lists the ids of all embedders.
func (gs *Generations) Embedders(ctx context.Context) ([]int32, error) {
	ids, err := gs.query.ListEmbedders(ctx)
	if err != nil {
		return nil, fmt.Errorf("list embedders: %w", err)
	}
	return ids, nil
}
