package catalog

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// DeletedPackKept is how long the row of a deleted pack keeps its key from
// being used again, after its object is gone: longer than any request to
// delete that object can be on its way.
const DeletedPackKept = 7 * 24 * time.Hour

// MarkUnused looks at a page of chunkings after an id, and notes since when no
// document refers to them. It returns the page's last id, 0 after the last page.
func (c *Catalog) MarkUnused(ctx context.Context, after int64, most int) (last int64, looked int64, err error) {
	page, err := c.query.MarkUnused(ctx, after, int32(most))
	if err != nil {
		return 0, 0, fmt.Errorf("mark unused chunkings: %w", err)
	}
	return page.Last, page.Looked, nil
}

// DropUnused deletes chunkings that no document has referred to for grace. It
// returns how many it looked at and deleted; looked is 0 when none is left.
func (c *Catalog) DropUnused(ctx context.Context, grace time.Duration, most int) (looked int, dropped int64, err error) {
	err = c.inTx(ctx, func(q *query.Queries) error {
		ids, err := q.LockUnused(ctx, grace.Seconds(), int32(most))
		if err != nil {
			return err
		}
		looked = len(ids)
		// Whoever refers to one from here on waits for this transaction.
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

// DropUnusedBlobs deletes those of a page of blobs after a hash that no
// chunking refers to. next is nil after the last page.
func (c *Catalog) DropUnusedBlobs(ctx context.Context, after []byte, most int) (next []byte, dropped int64, err error) {
	upto, err := c.query.BlobPageEnd(ctx, after, int32(most))
	if noRows(err) {
		upto, err = afterAll, nil
	} else {
		next = upto
	}
	if err == nil {
		err = c.inTx(ctx, func(q *query.Queries) error {
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

// DropContent deletes those of blobs, with their chunkings, that no document
// refers to.
func (c *Catalog) DropContent(ctx context.Context, blobs [][]byte) (dropped int64, err error) {
	err = c.inTx(ctx, func(q *query.Queries) error {
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

// Embedders lists the ids of all embedders.
func (c *Catalog) Embedders(ctx context.Context) ([]int32, error) {
	ids, err := c.query.ListEmbedders(ctx)
	if err != nil {
		return nil, fmt.Errorf("list embedders: %w", err)
	}
	return ids, nil
}

// DropUnusedVectors deletes those of a page of an embedder's vectors whose text
// no chunk has. next is nil after the last page. A chunk that is being written
// may lose its vector by this; the embedder and the indexer see to that.
func (c *Catalog) DropUnusedVectors(ctx context.Context, embedder int32, after []byte, most int) (next []byte, dropped int64, err error) {
	upto, err := c.query.VectorPageEnd(ctx, embedder, after, int32(most))
	if noRows(err) {
		upto, err = afterAll, nil
	} else {
		next = upto
	}
	if err == nil {
		dropped, err = c.query.DropUnusedVectors(ctx, embedder, after, upto)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("drop unused vectors: %w", err)
	}
	return next, dropped, nil
}

// PackUse is a pack and how many of its bytes something refers to.
type PackUse struct {
	Pack
	Live int64
}

// PackUses pages through the packs by key, in byte order.
func (c *Catalog) PackUses(ctx context.Context, after string, most int) ([]PackUse, error) {
	rows, err := c.query.ListPackUse(ctx, after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list the use of packs: %w", err)
	}
	uses := make([]PackUse, len(rows))
	for i, r := range rows {
		uses[i] = PackUse{Pack{r.Key, r.Size, [32]byte(r.Sha256)}, r.Live}
	}
	return uses, nil
}

// MarkPacksDeleted says of those of the packs that hold nothing any more that
// their objects are to be deleted. From here on no writer can use their keys.
func (c *Catalog) MarkPacksDeleted(ctx context.Context, keys []string) (marked []string, err error) {
	err = c.inTx(ctx, func(q *query.Queries) error {
		marked, err = markPacksDeleted(ctx, q, keys)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("mark %d packs deleted: %w", len(keys), err)
	}
	return marked, nil
}

// markPacksDeleted waits for whoever is recording one of them, then looks.
func markPacksDeleted(ctx context.Context, q *query.Queries, keys []string) ([]string, error) {
	ids, err := q.LockPacks(ctx, keys)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return q.MarkPacksDeleted(ctx, ids)
}

// MarkOrphans says of objects that no pack of the catalog names that they are
// to be deleted. It returns those that may be: a writer may have recorded one
// of them since.
func (c *Catalog) MarkOrphans(ctx context.Context, objects []Pack) ([]string, error) {
	var keys []string
	var sizes []int64
	var hashes [][]byte
	for _, o := range objects {
		keys = append(keys, o.Key)
		sizes = append(sizes, max(o.Size, 1))
		hashes = append(hashes, o.SHA256[:])
	}
	if _, err := c.query.AddDeletedPacks(ctx, keys, sizes, hashes); err != nil {
		return nil, fmt.Errorf("mark %d orphan objects: %w", len(objects), err)
	}
	rows, err := c.query.KnownPacks(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("look up %d packs: %w", len(objects), err)
	}
	var orphans []string
	for _, r := range rows {
		if r.Deleted {
			orphans = append(orphans, r.Key)
		}
	}
	return orphans, nil
}

// Orphans returns those of keys that no pack names, or one that was deleted
// and gone: a writer has put it again, and was refused.
func (c *Catalog) Orphans(ctx context.Context, keys []string) (map[string]bool, error) {
	rows, err := c.query.KnownPacks(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("look up %d packs: %w", len(keys), err)
	}
	orphan := make(map[string]bool, len(keys))
	for _, key := range keys {
		orphan[key] = true
	}
	for _, r := range rows {
		if !r.Gone {
			delete(orphan, r.Key)
		}
	}
	return orphan, nil
}

// DeletedPacks pages through the packs that were marked grace ago and whose
// objects are not known to be gone, by key.
func (c *Catalog) DeletedPacks(ctx context.Context, grace time.Duration, after string, most int) ([]string, error) {
	keys, err := c.query.ListDeletedPacks(ctx, grace.Seconds(), after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list deleted packs: %w", err)
	}
	return keys, nil
}

// MarkPacksGone says that the objects of deleted packs are gone.
func (c *Catalog) MarkPacksGone(ctx context.Context, keys []string) error {
	if err := c.query.MarkPacksGone(ctx, keys); err != nil {
		return fmt.Errorf("mark %d packs gone: %w", len(keys), err)
	}
	return nil
}

// ForgetPacks deletes the rows of packs that have been gone for DeletedPackKept.
func (c *Catalog) ForgetPacks(ctx context.Context) error {
	if _, err := c.query.ForgetPacks(ctx, DeletedPackKept.Seconds()); err != nil {
		return fmt.Errorf("forget deleted packs: %w", err)
	}
	return nil
}
