package syncer

import (
	"context"
	"slices"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

// Ensure makes the collections, their indexes and the alias where they are
// missing: at the first start, and when somebody has dropped them. Then the
// comparison is due at once, whose business it is to fill a collection that is
// made again: it is planned first, so that it is not forgotten if this process
// dies. Any number of processes may do so at once.
func (p *Points) Ensure(ctx context.Context) error {
	generations, err := p.generations(ctx)
	if err != nil || len(generations) == 0 {
		return err
	}
	have, err := p.points.Collections(ctx)
	if err != nil {
		return err
	}
	for _, g := range generations {
		if !slices.Contains(have, g.Collection) {
			p.log.Info("making a collection that is not there", "collection", g.Collection, "generation", g.Number)
			if err := p.catalog.Schedule.PlanAgain(ctx, pointKinds()); err != nil {
				return err
			}
		}
		if err := p.points.CreateCollection(ctx, g.Collection, g.Embedder.Dimensions, g.Embedder.Distance); err != nil {
			return err
		}
	}
	return p.ensureAlias(ctx, generations[0])
}

// ensureAlias points the alias at the active generation's collection if it
// points nowhere. One that points elsewhere is left to who moved it.
func (p *Points) ensureAlias(ctx context.Context, active catalog.Generation) error {
	_, found, err := p.points.Alias(ctx, p.cfg.Alias)
	if err != nil || found {
		return err
	}
	p.log.Info("making an alias that is not there", "alias", p.cfg.Alias, "collection", active.Collection)
	return p.points.SetAlias(ctx, p.cfg.Alias, active.Collection)
}

// Watch ensures the collections at an interval until ctx ends. A look that
// fails is logged; the next may succeed.
func (p *Points) Watch(ctx context.Context) {
	ticker := time.NewTicker(p.cfg.Look)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := p.Ensure(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("the collections cannot be looked at; will be tried again", "error", err)
		}
	}
}
