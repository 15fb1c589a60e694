package service

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Generations belong to no tenant: each holds the points of all tenants.

// generationInterval is the pace of asking for a generation that is being built.
const generationInterval = 100 * time.Millisecond

// GenerationsAnswer lists the generations of the index, by number.
type GenerationsAnswer struct {
	Generations []Generation `json:"generations" nullable:"false"`
}

// Generation is one build of the index.
type Generation struct {
	Number     int64     `json:"number"`
	State      string    `json:"state" doc:"building, active, retired or dropping."`
	Since      time.Time `json:"since" doc:"Time at which it got its state."`
	Embedder   string    `json:"embedder"`
	Dimensions int       `json:"dimensions"`
	Collection string    `json:"collection"`
	Source     string    `json:"source" doc:"Source of the first part of the build: stream or catalog."`
	CreatedAt  time.Time `json:"created_at"`

	// The following fields are set while the generation is being built.
	Points  int64    `json:"points"`
	Chunks  int64    `json:"chunks" doc:"Number of chunks that it must have points for."`
	Rate    float64  `json:"rate" doc:"Points a second."`
	Seconds *float64 `json:"seconds,omitempty" doc:"Remaining seconds at this rate."`
	Failing int64    `json:"failing" doc:"Number of documents that failed so far."`
	Error   string   `json:"error,omitempty" doc:"Why the build does not proceed."`

	Verified bool `json:"verified" doc:"It was found equal to the catalog since it got its state."`
}

// Building says whether the generation is being built.
func (g Generation) Building() bool { return g.State == string(catalog.GenerationBuilding) }

// Active says whether the generation answers searches.
func (g Generation) Active() bool { return g.State == string(catalog.GenerationActive) }

func generationOf(g catalog.GenerationStatus) Generation {
	made := Generation{
		Number: g.Number, State: string(g.State), Since: g.StateAt.UTC(), Embedder: g.Embedder.Name, Dimensions: g.Embedder.Dimensions,
		Collection: g.Collection, Source: string(g.Source), CreatedAt: g.CreatedAt.UTC(),
		Points: g.Points, Chunks: g.Chunks, Rate: g.Rate, Failing: g.Failing, Error: g.Error, Verified: g.Verified,
	}
	if left := g.Chunks - g.Points; made.Building() && g.Rate > 0 && left >= 0 {
		seconds := float64(left) / g.Rate
		made.Seconds = &seconds
	}
	return made
}

// Generations lists the generations of the index.
func (s *Service) Generations(ctx context.Context) (a GenerationsAnswer, err error) {
	defer mark(&err)
	if err := s.index(ctx); err != nil {
		return a, err
	}
	list, err := s.stores.Catalog.Generations.List(ctx)
	a.Generations = make([]Generation, len(list))
	for i, g := range list {
		a.Generations[i] = generationOf(g)
	}
	return a, err
}

// index returns an error that says why there is no index to ask.
func (s *Service) index(ctx context.Context) error {
	if err := s.whole(ctx, store.Postgres); err != nil {
		return err
	}
	_, err := s.active(ctx)
	return err
}

// RebuildRequest asks to build a new index beside the active one.
type RebuildRequest struct {
	Embedder string // model of the new generation; "": the active one's
	From     catalog.GenerationSource
}

// Rebuild begins to build a generation, and returns its number. It becomes the
// active one when it is equal to the catalog.
func (s *Service) Rebuild(ctx context.Context, r RebuildRequest) (number int64, err error) {
	defer mark(&err)
	if err := s.whole(ctx, store.Postgres); err != nil {
		return 0, err
	}
	active, err := s.active(ctx)
	if err != nil {
		return 0, err
	}
	model, err := s.cfg.OpenEmbedder(cmp.Or(r.Embedder, active.Embedder.Name))
	if err != nil {
		return 0, &Error{Kind: Invalid, Field: FieldEmbedder, Err: err}
	}
	made, err := s.stores.Catalog.Generations.Add(ctx, s.cfg.Index, store.ModelOf(model), r.From)
	if err != nil {
		return 0, err
	}
	s.tellGenerations()
	return made.Number, nil
}

// RollBack begins to make a retired generation the active one again, and returns its
// number. A number of 0 stands for the generation that was retired last.
func (s *Service) RollBack(ctx context.Context, number int64) (_ int64, err error) {
	defer mark(&err)
	if err := s.index(ctx); err != nil {
		return 0, err
	}
	if number, err = s.stores.Catalog.Generations.RollBack(ctx, number); err != nil {
		return 0, err
	}
	s.tellGenerations()
	return number, nil
}

// tellGenerations tells the workers at once about a change that they would notice at their next
// look. It needs a connection to NATS, and may fail without harm.
func (s *Service) tellGenerations() {
	if s.stores.Broker != nil {
		_ = s.stores.Broker.Tell(broker.SubjectGenerations)
	}
}

// CancelRebuild ends the rebuild or the rollback under way, and returns the number
// of its generation.
func (s *Service) CancelRebuild(ctx context.Context) (number int64, err error) {
	defer mark(&err)
	if err := s.index(ctx); err != nil {
		return 0, err
	}
	if number, err = s.stores.Catalog.Generations.Cancel(ctx); err != nil {
		return 0, err
	}
	s.tellGenerations()
	return number, nil
}

// Generation returns one generation, or false if no generation has this number.
func (s *Service) Generation(ctx context.Context, number int64) (g Generation, found bool, err error) {
	a, err := s.Generations(ctx)
	if err != nil {
		return g, false, err
	}
	i := slices.IndexFunc(a.Generations, func(g Generation) bool { return g.Number == number })
	if i < 0 {
		return g, false, nil
	}
	return a.Generations[i], true, nil
}

// AwaitGeneration waits until a generation is active and equal to the catalog, or is no longer
// being built. It calls tell while it waits. It returns the generation, or false if it is gone.
func (s *Service) AwaitGeneration(ctx context.Context, number int64, tell func(Generation)) (Generation, bool, error) {
	var told <-chan struct{}
	if s.stores.Broker != nil {
		heard, stop, err := s.stores.Broker.Hear(broker.SubjectGenerations)
		if err != nil {
			return Generation{}, false, err
		}
		defer stop()
		told = heard
	}
	return AwaitGeneration(ctx, s, number, told, tell)
}

// AwaitGeneration is Service.AwaitGeneration over any source of generations. It asks at an
// interval, and whenever told, which may be nil, signals.
func AwaitGeneration(ctx context.Context, s interface {
	Generation(ctx context.Context, number int64) (Generation, bool, error)
}, number int64, told <-chan struct{}, tell func(Generation)) (Generation, bool, error) {
	ticker := time.NewTicker(generationInterval)
	defer ticker.Stop()
	for {
		g, found, err := s.Generation(ctx, number)
		if err != nil || !found || !g.Building() && (!g.Active() || g.Verified) {
			return g, found, err
		}
		tell(g)
		select {
		case <-ctx.Done():
			return g, true, ctx.Err()
		case <-told:
		case <-ticker.C:
		}
	}
}
