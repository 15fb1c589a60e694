package service

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Generations belong to no tenant: each holds the points of all of them.

// generationInterval is the pace of asking for a generation that is being built.
const generationInterval = 100 * time.Millisecond

// Generations lists the generations of the index.
func (s *Service) Generations(ctx context.Context) (list []catalog.GenerationStatus, err error) {
	defer mark(&err)
	if err := s.index(ctx); err != nil {
		return nil, err
	}
	return s.stores.Catalog.Generations.List(ctx)
}

// index says why there is no index to ask.
func (s *Service) index(ctx context.Context) error {
	if err := s.whole(ctx, store.Postgres); err != nil {
		return err
	}
	_, err := s.active(ctx)
	return err
}

// RebuildRequest asks to build the index anew beside the active one.
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
		return 0, err
	}
	made, err := s.stores.Catalog.Generations.Add(ctx, s.cfg.Index, store.ModelOf(model), r.From)
	return made.Number, err
}

// RollBack begins to make a retired generation the active one again, and returns its
// number. A number of 0 stands for the generation that was retired last.
func (s *Service) RollBack(ctx context.Context, number int64) (_ int64, err error) {
	defer mark(&err)
	if err := s.index(ctx); err != nil {
		return 0, err
	}
	return s.stores.Catalog.Generations.RollBack(ctx, number)
}

// CancelRebuild ends the rebuild or the rollback under way, and returns the number
// of its generation.
func (s *Service) CancelRebuild(ctx context.Context) (number int64, err error) {
	defer mark(&err)
	if err := s.index(ctx); err != nil {
		return 0, err
	}
	return s.stores.Catalog.Generations.Cancel(ctx)
}

// Generation returns one generation, or false if no generation has this number.
func (s *Service) Generation(ctx context.Context, number int64) (g catalog.GenerationStatus, found bool, err error) {
	list, err := s.Generations(ctx)
	if err != nil {
		return g, false, err
	}
	i := slices.IndexFunc(list, func(g catalog.GenerationStatus) bool { return g.Number == number })
	if i < 0 {
		return g, false, nil
	}
	return list[i], true, nil
}

// AwaitGeneration waits until a generation is active and equal to the catalog,
// or is not being built any more. It calls tell while it waits, and returns the
// generation, or false if it is gone.
func (s *Service) AwaitGeneration(ctx context.Context, number int64, tell func(catalog.GenerationStatus)) (catalog.GenerationStatus, bool, error) {
	ticker := time.NewTicker(generationInterval)
	defer ticker.Stop()
	for {
		g, found, err := s.Generation(ctx, number)
		if err != nil || !found || g.State != catalog.GenerationBuilding && (g.State != catalog.GenerationActive || g.Verified) {
			return g, found, err
		}
		tell(g)
		select {
		case <-ctx.Done():
			return g, true, ctx.Err()
		case <-ticker.C:
		}
	}
}
