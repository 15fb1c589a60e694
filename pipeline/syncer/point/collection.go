package point

import (
	"context"
	"slices"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

// Ensure makes the collections, their indexes and the alias where they are
// missing: at the first start, and after somebody has dropped them. A comparison
// fills a collection that was made again. It is planned before the collection is
// made, so that a process that dies in between does not lose it. Any number of
// processes may call Ensure at once.
func (k *Keeper) Ensure(ctx context.Context) error {
	generations, err := k.generations(ctx)
	if err != nil || len(generations) == 0 {
		return err
	}
	have, err := k.points.Collections(ctx)
	if err != nil {
		return err
	}
	for _, g := range generations {
		if err := k.ensureCollection(ctx, g, slices.Contains(have, g.Collection)); err != nil {
			return err
		}
	}
	return k.ensureAlias(ctx, generations[0])
}

// ensureCollection plans the comparison again once the collection is there. A
// comparison that began while a slow store was making the collection has failed, and
// would otherwise wait for its next turn.
func (k *Keeper) ensureCollection(ctx context.Context, g catalog.Generation, exists bool) error {
	if !exists {
		k.log.Info("making a collection that is not there", "collection", g.Collection, "generation", g.Number)
		if err := k.plan.PlanAgain(ctx, Kinds()); err != nil {
			return err
		}
	}
	err := k.points.CreateCollection(ctx, g.Collection, g.Embedder.Dimensions, string(g.Embedder.Distance))
	if err != nil || exists {
		return err
	}
	return k.plan.PlanAgain(ctx, Kinds())
}

// ensureAlias makes the alias of the active generation's collection if there is none.
// It leaves an alias that points elsewhere to whoever moved it.
func (k *Keeper) ensureAlias(ctx context.Context, active catalog.Generation) error {
	_, found, err := k.points.Alias(ctx, k.cfg.Alias)
	if err != nil || found {
		return err
	}
	k.log.Info("making an alias that is not there", "alias", k.cfg.Alias, "collection", active.Collection)
	return k.points.SetAlias(ctx, k.cfg.Alias, active.Collection)
}

// Watch ensures the collections at an interval until ctx ends. A look that
// fails is logged; the next may succeed.
func (k *Keeper) Watch(ctx context.Context) {
	ticker := time.NewTicker(k.cfg.Look)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := k.Ensure(ctx); err != nil && ctx.Err() == nil {
			k.log.Error("the collections cannot be looked at; will be tried again", "error", err)
		}
	}
}
