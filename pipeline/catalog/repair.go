package catalog

import (
	"context"
	"fmt"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Requeue hands indexed documents to the indexer again, where their revision
// still stands: the index has lost points of theirs. They are due at once. It
// returns how many there were.
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
// Those that failed are not: they wait for their next attempt.
func (c *Core) OpenDocuments(ctx context.Context) (int64, error) {
	n, err := c.query.CountOpenDocuments(ctx)
	if err != nil {
		return 0, fmt.Errorf("count open documents: %w", err)
	}
	return n, nil
}
