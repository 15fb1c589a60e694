package generation

import (
	"context"

	"github.com/leatworks/leat/pipeline/catalog"
)

// drop deletes a generation: first its consumers, so that nothing more is written,
// then its collection, and last its row, which recorded both.
func (k *Keeper) drop(ctx context.Context, g catalog.GenerationStatus, list []catalog.GenerationStatus) error {
	alone := true
	for _, other := range list {
		alone = alone && (!other.Live() || other.Embedder.ID != g.Embedder.ID)
	}
	if err := k.streams.Drop(ctx, g.Generation, alone); err != nil {
		return err
	}
	if err := k.points.DropCollection(ctx, g.Collection); err != nil {
		return err
	}
	if err := k.generations.Drop(ctx, g.Generation); err != nil {
		return err
	}
	k.tell()
	k.log.Info("a generation is gone", "generation", g.Number, "collection", g.Collection)
	return nil
}
