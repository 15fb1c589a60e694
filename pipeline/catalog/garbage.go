package catalog

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Garbage finds and deletes rows that nothing refers to any more, or that have
// been kept for long enough.
type Garbage struct{ *store }

// MarkUnused looks at a page of chunkings after an id, and notes the time at which
// it first saw that no document refers to one. It returns the page's last id, 0
// after the last page.
func (g *Garbage) MarkUnused(ctx context.Context, after int64, most int) (last int64, looked int64, err error) {
	page, err := g.query.MarkUnused(ctx, after, int32(most))
	if err != nil {
		return 0, 0, fmt.Errorf("mark unused chunkings: %w", err)
	}
	return page.Last, page.Looked, nil
}

// DropUnused deletes chunkings that no document has referred to for grace. It
// returns how many it looked at and deleted; looked is 0 when none is left.
func (g *Garbage) DropUnused(ctx context.Context, grace time.Duration, most int) (looked int, dropped int64, err error) {
	err = g.inTx(ctx, func(q *query.Queries) error {
		ids, err := q.LockUnused(ctx, grace.Seconds(), int32(most))
		if err != nil {
			return err
		}
		looked = len(ids)
		// A writer that refers to one of them from here on waits for this transaction.
		if err := q.KeepUsed(ctx, ids); err != nil {
			return err
		}
		dropped, err = q.DropUnused(ctx, ids)
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("drop unused chunkings: %w", err)
	}
	return looked, dropped, nil
}

// afterAll is greater than any SHA-256.
var afterAll = bytes.Repeat([]byte{0xff}, 33)

// DropUnusedBlobs looks at a page of blobs after a hash, and deletes the blobs that no
// chunking refers to. next is nil after the last page.
func (g *Garbage) DropUnusedBlobs(ctx context.Context, after []byte, most int) (next []byte, dropped int64, err error) {
	upto, err := g.query.BlobPageEnd(ctx, after, int32(most))
	if noRows(err) {
		upto, err = afterAll, nil
	} else {
		next = upto
	}
	if err == nil {
		err = g.inTx(ctx, func(q *query.Queries) error {
			hashes, err := q.LockUnusedBlobs(ctx, after, upto)
			if err != nil || len(hashes) == 0 {
				return err
			}
			dropped, err = q.DropBlobs(ctx, hashes)
			return err
		})
	}
	if err != nil {
		return nil, 0, fmt.Errorf("drop unused blobs: %w", err)
	}
	return next, dropped, nil
}

// DropUnusedFacts looks at a page of blobs after a hash. It deletes the facts of older
// extractors, and facts of languages as which a blob is not read any more. next is nil
// after the last page.
func (g *Garbage) DropUnusedFacts(ctx context.Context, extractor int, after []byte, most int) (next []byte, dropped int64, err error) {
	upto, err := g.query.BlobPageEnd(ctx, after, int32(most))
	if noRows(err) {
		upto, err = afterAll, nil
	} else {
		next = upto
	}
	if err == nil {
		dropped, err = g.query.DropOldFacts(ctx, after, upto, int32(extractor))
	}
	if err != nil {
		return nil, 0, fmt.Errorf("drop unused facts: %w", err)
	}
	return next, dropped, nil
}

// DropContent deletes the blobs, with their chunkings, that no document refers
// to. Facts among them go too: they are found again where they are needed.
func (g *Garbage) DropContent(ctx context.Context, blobs [][]byte) (dropped int64, err error) {
	err = g.inTx(ctx, func(q *query.Queries) error {
		if err := q.DropFactsOf(ctx, blobs); err != nil {
			return err
		}
		ids, err := q.LockChunkingsOf(ctx, blobs)
		if err != nil {
			return err
		}
		if _, err := q.DropUnused(ctx, ids); err != nil {
			return err
		}
		hashes, err := q.LockBlobs(ctx, blobs)
		if err != nil {
			return err
		}
		dropped, err = q.DropBlobs(ctx, hashes)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("drop %d blobs: %w", len(blobs), err)
	}
	return dropped, nil
}

// DropUnusedVectors looks at a page of an embedder's vectors, and deletes the vectors
// whose text no chunk has. next is nil after the last page. A chunk that is being
// written may lose its vector by this; the embedder and the indexer make up for it.
func (g *Garbage) DropUnusedVectors(ctx context.Context, embedder int32, after []byte, most int) (next []byte, dropped int64, err error) {
	upto, err := g.query.VectorPageEnd(ctx, embedder, after, int32(most))
	if noRows(err) {
		upto, err = afterAll, nil
	} else {
		next = upto
	}
	if err == nil {
		dropped, err = g.query.DropUnusedVectors(ctx, embedder, after, upto)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("drop unused vectors: %w", err)
	}
	return next, dropped, nil
}

// DropOldSnapshots deletes superseded snapshots that no document refers to, except the
// newest keep of each track. It also deletes the former documents of the deleted snapshots.
// It returns the number of snapshots.
func (g *Garbage) DropOldSnapshots(ctx context.Context, keep int) (int64, error) {
	if err := g.query.ForgetListings(ctx, int32(keep)); err != nil {
		return 0, fmt.Errorf("forget the listings of old snapshots: %w", err)
	}
	if _, err := g.query.DropFormerDocuments(ctx); err != nil {
		return 0, fmt.Errorf("drop former documents: %w", err)
	}
	n, err := g.query.DropOldSnapshots(ctx, int32(keep))
	if err != nil {
		return 0, fmt.Errorf("drop old snapshots: %w", err)
	}
	return n, nil
}

// DropOldSubmissions deletes submissions that are done or have failed and are
// older than age. It returns their number.
func (g *Garbage) DropOldSubmissions(ctx context.Context, age time.Duration) (int64, error) {
	n, err := g.query.DropOldSubmissions(ctx, age.Seconds())
	if err != nil {
		return 0, fmt.Errorf("drop old submissions: %w", err)
	}
	return n, nil
}
