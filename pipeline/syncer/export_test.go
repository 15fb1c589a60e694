package syncer

import (
	"context"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

// RepairAt repairs all points, and lets pace act between its steps.
func RepairAt(ctx context.Context, c *catalog.Catalog, points vector.Store, g catalog.Generation, pace func(context.Context, int) error) (Repaired, int64, error) {
	return comparison{catalog: c, points: points, collection: g.Collection, pace: pace}.repair(ctx)
}

// Equal compares a repository by checksum.
func Equal(ctx context.Context, c *catalog.Catalog, points vector.Store, g catalog.Generation, repository uuid.UUID) (bool, error) {
	same, _, err := comparison{catalog: c, points: points, collection: g.Collection, repositories: []uuid.UUID{repository}}.equal(ctx)
	return same, err
}
