package generation

import (
	"context"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/point"
)

// point makes the alias name the active generation's collection.
func (k *Keeper) point(ctx context.Context, g catalog.GenerationStatus) error {
	name, found, err := k.points.Alias(ctx, k.cfg.Alias)
	if err != nil || found && name == g.Collection {
		return err
	}
	if err := k.points.SetAlias(ctx, k.cfg.Alias, g.Collection); err != nil {
		return err
	}
	k.log.Info("the index is swapped", "generation", g.Number, "collection", g.Collection, "before", name)
	return nil
}

// build brings a generation on. It makes its collection and its consumers; when
// these have caught up with the streams, it compares; when the comparison is
// clean, it swaps.
func (k *Keeper) build(ctx context.Context, g catalog.GenerationStatus, list []catalog.GenerationStatus) error {
	e := g.Embedder
	if err := k.points.CreateCollection(ctx, g.Collection, e.Dimensions, string(e.Distance)); err != nil {
		return err
	}
	if err := k.streams.Ensure(ctx, list); err != nil {
		return err
	}
	if err := k.sample(ctx, g); err != nil {
		return err
	}
	lag := k.lagOf(g, list)
	if caughtUp, err := k.caughtUp(ctx, g, lag); err != nil || !caughtUp {
		return err
	}
	equal, err := k.match(ctx, g, lag)
	if err != nil || !equal {
		return err
	}
	return k.swap(ctx, g)
}

// swap makes a generation the active one. The catalog comes first: a crash in
// between leaves the alias to the next look.
func (k *Keeper) swap(ctx context.Context, g catalog.GenerationStatus) error {
	if still, err := k.generations.MarkVerified(ctx, g.Number, catalog.GenerationBuilding); err != nil || !still {
		return err
	}
	if err := k.generations.Activate(ctx, g.Number); err != nil {
		return err
	}
	list, err := k.generations.List(ctx)
	if err != nil {
		return err
	}
	for _, now := range list {
		if now.Number == g.Number && now.State == catalog.GenerationActive {
			return k.takeOver(ctx, now, list)
		}
	}
	return nil
}

// takeOver points the alias at a generation that has become the active one, in one
// call, and compares once more. A message may have been lost between the last
// comparison and the swap, when no document's state recorded it. From now on the
// states do.
func (k *Keeper) takeOver(ctx context.Context, g catalog.GenerationStatus, list []catalog.GenerationStatus) error {
	if err := k.point(ctx, g); err != nil {
		return err
	}
	k.tell()
	changed := false
	for _, before := range list {
		if before.State == catalog.GenerationRetired && before.StateAt.Equal(g.StateAt) {
			changed = before.Embedder.ID != g.Embedder.ID
		}
	}
	if err := k.generations.TakeOver(ctx, g.Generation, changed); err != nil {
		return err
	}
	c := k.comparison(g)
	equal, err := k.stillEqual(ctx, g, c)
	if err != nil {
		return err
	}
	if !equal {
		did, err := c.Repair(ctx)
		if err != nil {
			return err
		}
		k.log.Info("the index was compared again after the swap", "generation", g.Number, "deleted", did.Deleted, "documents", did.Requeued)
	}
	if _, err = k.generations.MarkVerified(ctx, g.Number, catalog.GenerationActive); err != nil {
		return err
	}
	k.tell()
	return nil
}

// stillEqual compares a generation that was compared before. It need not look at the
// collection if the catalog demands the very points that it demanded then.
func (k *Keeper) stillEqual(ctx context.Context, g catalog.GenerationStatus, c point.Comparison) (bool, error) {
	if k.matched.number == g.Number {
		if same, err := c.Demands(ctx, k.matched.demand); err != nil || same {
			return same, err
		}
	}
	equal, _, err := c.Equal(ctx)
	return equal, err
}

func (k *Keeper) comparison(g catalog.GenerationStatus) point.Comparison {
	return point.Comparison{Documents: k.documents, Points: k.points, Collection: g.Collection}
}
