package point

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
	"github.com/leatworks/leat/pipeline/vector"
)

// fewStrays is how many points of unknown repositories are deleted without a question.
// If there are more of them, and the catalog knows less than half of all points, it
// belongs to another index or is an old one. A person has to judge that.
const fewStrays = 1000

// strays deletes the points of repositories that the catalog does not know. It
// reads them only if the collection's count differs from the sum of the counts
// of the known repositories.
func (k *Keeper) strays(ctx context.Context, run *schedule.Run) error {
	return k.eachGeneration(ctx, run, func(g catalog.Generation, from uuid.UUID) error {
		if from == uuid.Nil {
			look, err := k.countStrays(ctx, g, run)
			if err != nil || !look {
				return err
			}
		}
		c := k.comparison(g)
		for page, err := range c.Marks(ctx, from) {
			if err != nil {
				return err
			}
			last := page[len(page)-1].ID
			if err := k.deleteStrays(ctx, c, page, run); err != nil {
				return err
			}
			if err := run.Save(ctx, cursorAt(g, last)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (k *Keeper) countStrays(ctx context.Context, g catalog.Generation, run *schedule.Run) (bool, error) {
	var known uint64
	for shard := range shards {
		for id, err := range k.repositories(ctx, shard, uuid.Nil) {
			if err != nil {
				return false, err
			}
			n, err := k.points.CountOf(ctx, g.Collection, id)
			if err != nil {
				return false, err
			}
			known += n
		}
	}
	all, err := k.points.CountAll(ctx, g.Collection)
	if err != nil {
		return false, err
	}
	run.Compared += int64(all)
	if strange := int64(all) - int64(known); strange > fewStrays && 2*known < all {
		return false, fmt.Errorf("%d of %d points of %s are of repositories that the catalog does not know: "+
			"check that they belong together, then ask for a repair", strange, all, g.Collection)
	}
	return all != known, nil
}

func (k *Keeper) deleteStrays(ctx context.Context, c Comparison, page []vector.Mark, run *schedule.Run) error {
	unknown := make(map[uuid.UUID]bool)
	for _, m := range page {
		unknown[m.Repository] = true
	}
	known, err := k.catalog.KnownRepositories(ctx, keysOf(unknown))
	if err != nil {
		return err
	}
	for _, id := range known {
		delete(unknown, id)
	}
	deleted, err := c.DeleteMisplaced(ctx, slices.DeleteFunc(page, func(m vector.Mark) bool { return !unknown[m.Repository] }))
	k.tell(run, Repaired{Deleted: deleted}, "collection", c.Collection, "repositories", "unknown")
	return err
}
