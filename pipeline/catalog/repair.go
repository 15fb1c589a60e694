package catalog

import (
	"context"
	"fmt"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Requeue hands indexed documents that have lost points to the indexer again, if their
// revision still stands. They are due at once. It returns their number.
func (c *Core) Requeue(ctx context.Context, docs []Current) (requeued int, err error) {
	ids, revisions := split(docs)
	err = c.inTx(ctx, func(q *query.Queries) error {
		tracks, err := q.RequeueDocuments(ctx, ids, revisions)
		if err != nil {
			return err
		}
		requeued = len(tracks)
		return q.ReopenSnapshots(ctx, tracks)
	})
	if err != nil {
		return 0, fmt.Errorf("requeue %d documents: %w", len(docs), err)
	}
	return requeued, nil
}

// OpenDocuments counts the documents that are under way, of every tenant.
// Failed documents do not count: they wait for their next attempt.
func (g *Gauges) OpenDocuments(ctx context.Context) (int64, error) {
	n, err := g.query.CountOpenDocuments(ctx)
	if err != nil {
		return 0, fmt.Errorf("count open documents: %w", err)
	}
	return n, nil
}
