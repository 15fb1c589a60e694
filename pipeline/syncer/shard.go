package syncer

import (
	"context"
	"iter"

	"github.com/google/uuid"
)

// repositories lists the repositories of a shard by id, after one of them or
// from the beginning. Their ids are hashes, so shards are of one size.
func (p *Points) repositories(ctx context.Context, shard int, after uuid.UUID) iter.Seq2[uuid.UUID, error] {
	last := lastOf(shard)
	if after == uuid.Nil && shard > 0 {
		after = lastOf(shard - 1)
	}
	return func(yield func(uuid.UUID, error) bool) {
		for at := after; ; {
			page, err := p.catalog.RepositoryIDs(ctx, at, last, pageSize)
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

// lastOf is the greatest id of a shard.
func lastOf(shard int) uuid.UUID {
	last := uuid.Max
	last[0] = byte(256/pointShards*(shard+1) - 1)
	return last
}
