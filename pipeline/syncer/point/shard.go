package point

import (
	"context"
	"iter"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// shards is the number of parts, by the first bits of their ids, in which
// repositories are compared. That many syncers can work side by side.
const shards = 4

// compare goes through the repositories of a shard, by checksum, and repairs
// those whose points differ. It counts points.
func (k *Keeper) compare(ctx context.Context, shard int, run *schedule.Run) error {
	return k.eachGeneration(ctx, run, func(g catalog.Generation, from uuid.UUID) error {
		for id, err := range k.repositories(ctx, shard, from) {
			if err != nil {
				return err
			}
			if err := k.compareRepository(ctx, g, id, run); err != nil {
				return err
			}
			if err := run.Save(ctx, cursorAt(g, id)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (k *Keeper) compareRepository(ctx context.Context, g catalog.Generation, id uuid.UUID, run *schedule.Run) error {
	c := k.comparison(g, id)
	equal, demand, err := c.Equal(ctx)
	if err != nil {
		return err
	}
	run.Compared += demand.Points
	if equal {
		return nil
	}
	did, err := c.Repair(ctx)
	k.tell(run, did, "generation", g.Number, "repository", id)
	return err
}

// repositories lists the repositories of a shard by id, after one of them or
// from the beginning. Their ids are hashes, so shards are of one size.
func (k *Keeper) repositories(ctx context.Context, shard int, after uuid.UUID) iter.Seq2[uuid.UUID, error] {
	last := lastOf(shard, shards)
	if after == uuid.Nil && shard > 0 {
		after = lastOf(shard-1, shards)
	}
	return func(yield func(uuid.UUID, error) bool) {
		for at := after; ; {
			page, err := k.catalog.RepositoryIDs(ctx, at, last, pageSize)
			if err != nil {
				yield(uuid.Nil, err)
				return
			}
			for _, id := range page {
				if !yield(id, nil) {
					return
				}
			}
			if len(page) < pageSize {
				return
			}
			at = page[len(page)-1]
		}
	}
}

// lastOf is the greatest id of one of some parts of equal size.
func lastOf(part, parts int) uuid.UUID {
	last := uuid.Max
	last[0] = byte(256/parts*(part+1) - 1)
	return last
}
