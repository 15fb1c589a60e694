package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// GenerationSource says what a generation is first built from.
type GenerationSource string

// The sources of a generation.
const (
	SourceStream  GenerationSource = "stream"  // the stream's messages, then the points that the catalog finds missing
	SourceCatalog GenerationSource = "catalog" // the points that the catalog finds missing, at once
)

// GenerationStatus is how far a generation is.
type GenerationStatus struct {
	Generation
	State     GenerationState
	StateAt   time.Time     // since when
	Age       time.Duration // for how long, by the catalog's clock
	Source    GenerationSource
	Served    bool // it has been active
	Verified  bool // since it has that state, it was found equal to the catalog
	CreatedAt time.Time

	// While it is building, the result of the last look at it.
	Sampled    bool          // it has been looked at
	SampledAge time.Duration // how long ago
	Points     int64
	Chunks     int64   // the points that it is to have
	Rate       float64 // points a second
	Failing    int64   // documents that it could not take so far
	Error      string  // why it does not go on
}

// List lists all generations by number.
func (gs *Generations) List(ctx context.Context) ([]GenerationStatus, error) {
	rows, err := gs.query.ListGenerations(ctx)
	if err != nil {
		return nil, fmt.Errorf("list generations: %w", err)
	}
	list := make([]GenerationStatus, len(rows))
	for i, r := range rows {
		list[i] = GenerationStatus{
			Generation: Generation{
				Number: r.Number, Collection: r.Collection,
				Embedder: Embedder{ID: r.Embedder, Name: r.Name, Dimensions: int(r.Dimensions), Distance: Distance(r.Distance), Recipe: r.Recipe},
			},
			State: GenerationState(r.State), StateAt: r.StateAt, Age: seconds(r.Age), Source: GenerationSource(r.Source), Served: r.Served,
			Verified: r.VerifiedAt != nil, CreatedAt: r.CreatedAt,
			Points: r.Points, Chunks: r.Chunks, Rate: r.Rate, Sampled: r.SampledAge >= 0, SampledAge: seconds(r.SampledAge), Failing: r.Failing, Error: r.Error,
		}
	}
	return list, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// Live says whether events about documents go to the generation.
func (g GenerationStatus) Live() bool { return g.State != GenerationDropping }

// Index returns the active generation, and the embedders of all generations that
// events about documents go to. It returns ErrNotFound before the first one.
func (gs *Generations) Index(ctx context.Context) (Index, error) {
	var index Index
	list, err := gs.List(ctx)
	if err != nil {
		return index, err
	}
	for _, g := range list {
		switch {
		case g.State == GenerationActive:
			index.Active = g.Generation
		case g.Live():
			index.Embedders = append(index.Embedders, g.Embedder.Name)
		}
	}
	if index.Active.Number == 0 {
		return index, fmt.Errorf("active generation: %w", ErrNotFound)
	}
	slices.Sort(index.Embedders)
	last := index.Active.Embedder.Name
	index.Embedders = slices.DeleteFunc(slices.Compact(index.Embedders), func(name string) bool { return name == last })
	index.Embedders = append(index.Embedders, last)
	return index, nil
}

// IsActive says whether a generation is the one that searches use.
func (gs *Generations) IsActive(ctx context.Context, generation int64) (bool, error) {
	is, err := gs.query.IsActive(ctx, generation)
	if err != nil {
		return false, fmt.Errorf("look up generation %d: %w", generation, err)
	}
	return is, nil
}

// ErrGeneration says that a generation cannot be changed as asked, and why.
var ErrGeneration = errors.New("the index stays as it is")

func refused(format string, args ...any) error {
	return fault.Reject(fmt.Errorf("%w: "+format, append([]any{ErrGeneration}, args...)...))
}

// Add begins to build a generation beside the active one. Only one is built at a
// time.
func (gs *Generations) Add(ctx context.Context, prefix string, e Embedder, source GenerationSource) (Generation, error) {
	var g Generation
	err := gs.inTx(ctx, func(q *query.Queries) error {
		if err := noneBuilding(ctx, q); err != nil {
			return err
		}
		known, err := putEmbedder(ctx, q, e)
		if err != nil {
			return err
		}
		row, err := q.AddGeneration(ctx, known.ID, prefix, string(source))
		if err != nil {
			return fmt.Errorf("add generation: %w", err)
		}
		g = Generation{Number: row.Number, Collection: row.Collection, Embedder: known}
		return nil
	})
	return g, err
}

// noneBuilding locks all generations, and refuses if one is being built or none
// is active.
func noneBuilding(ctx context.Context, q *query.Queries) error {
	rows, err := q.LockGenerations(ctx)
	if err != nil {
		return fmt.Errorf("lock generations: %w", err)
	}
	active := false
	for _, r := range rows {
		if GenerationState(r.State) == GenerationBuilding {
			return refused("generation %d is being built: wait for it, or cancel it", r.Number)
		}
		active = active || GenerationState(r.State) == GenerationActive
	}
	if !active {
		return refused("there is no index yet")
	}
	return nil
}

// RollBack begins to make a retired generation the active one again: the generation
// number or, if that is 0, the one that was retired last.
func (gs *Generations) RollBack(ctx context.Context, number int64) (int64, error) {
	list, err := gs.List(ctx)
	if err != nil {
		return 0, err
	}
	var target GenerationStatus
	for _, g := range list {
		if g.State == GenerationRetired && (g.Number == number || number == 0 && !g.StateAt.Before(target.StateAt)) {
			target = g
		}
	}
	if target.Number == 0 {
		if number != 0 {
			return 0, refused("generation %d is not a retired one", number)
		}
		return 0, refused("there is no retired generation")
	}
	return target.Number, gs.change(ctx, target.Number, GenerationBuilding, noneBuilding, GenerationRetired)
}

// Cancel ends the building of a generation: it is dropped, or retired again if it
// has been active.
func (gs *Generations) Cancel(ctx context.Context) (int64, error) {
	list, err := gs.List(ctx)
	if err != nil {
		return 0, err
	}
	for _, g := range list {
		if g.State == GenerationBuilding {
			to := GenerationDropping
			if g.Served {
				to = GenerationRetired
			}
			return g.Number, gs.change(ctx, g.Number, to, nil, GenerationBuilding)
		}
	}
	return 0, refused("no generation is being built")
}

// DropRetired begins to drop a retired generation.
func (gs *Generations) DropRetired(ctx context.Context, number int64) error {
	return gs.change(ctx, number, GenerationDropping, nil, GenerationRetired)
}

// Activate makes a generation that is being built the active one, and retires the
// one before. It waits for marks of that one that are under way in the catalog.
func (gs *Generations) Activate(ctx context.Context, number int64) error {
	return gs.change(ctx, number, GenerationActive, func(ctx context.Context, q *query.Queries) error {
		rows, err := q.LockGenerations(ctx)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if GenerationState(r.State) == GenerationActive {
				return q.SetGenerationState(ctx, string(GenerationRetired), r.Number)
			}
		}
		return nil
	}, GenerationBuilding)
}

// change changes a generation's state, if it has the one expected.
func (gs *Generations) change(ctx context.Context, number int64, to GenerationState, before func(context.Context, *query.Queries) error, from GenerationState) error {
	err := gs.inTx(ctx, func(q *query.Queries) error {
		rows, err := q.LockGenerations(ctx)
		if err != nil {
			return err
		}
		is := slices.ContainsFunc(rows, func(r query.LockGenerationsRow) bool { return r.Number == number && GenerationState(r.State) == from })
		if !is {
			return refused("generation %d is not %s any more", number, from)
		}
		if before != nil {
			if err := before(ctx, q); err != nil {
				return err
			}
		}
		return q.SetGenerationState(ctx, string(to), number)
	})
	if err != nil {
		return fmt.Errorf("make generation %d %s: %w", number, to, err)
	}
	return nil
}

// Sample records how far a generation that is being built has come.
func (gs *Generations) Sample(ctx context.Context, number, points, chunks int64, rate float64) error {
	err := gs.query.SampleGeneration(ctx, query.SampleGenerationParams{Number: number, Points: points, Chunks: chunks, Rate: rate})
	if err != nil {
		return fmt.Errorf("record progress of generation %d: %w", number, err)
	}
	return nil
}

// Explain records why a generation does not go on; "" if it does.
func (gs *Generations) Explain(ctx context.Context, number int64, reason string) error {
	if err := gs.query.SetGenerationError(ctx, clean(reason, maxReason), number); err != nil {
		return fmt.Errorf("record the state of generation %d: %w", number, err)
	}
	return nil
}

// MarkVerified says that a generation in the state given is equal to the
// catalog. It is false if it has another state now.
func (gs *Generations) MarkVerified(ctx context.Context, number int64, state GenerationState) (bool, error) {
	n, err := gs.query.VerifyGeneration(ctx, number, string(state))
	if err != nil {
		return false, fmt.Errorf("mark generation %d verified: %w", number, err)
	}
	return n > 0, nil
}

// Drop deletes the row of a generation that is being dropped, and the row of its
// embedder if that has neither another generation nor vectors.
func (gs *Generations) Drop(ctx context.Context, g Generation) error {
	err := gs.inTx(ctx, func(q *query.Queries) error {
		if _, err := q.DropGeneration(ctx, g.Number); err != nil {
			return err
		}
		return q.DropEmbedder(ctx, g.Embedder.ID)
	})
	if err != nil {
		return fmt.Errorf("drop generation %d: %w", g.Number, err)
	}
	return nil
}

// CountChunks counts the chunks of all indexed documents: the points that a
// generation is to have.
func (gs *Generations) CountChunks(ctx context.Context) (int64, error) {
	n, err := gs.query.CountChunks(ctx)
	if err != nil {
		return 0, fmt.Errorf("count chunks: %w", err)
	}
	return n, nil
}
