package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// DeletedPackKept is how long the row of a deleted pack outlives its object, and keeps
// the key from being used again. No request to delete the object can be on its way for
// so long.
const DeletedPackKept = 7 * 24 * time.Hour

// PackUse is a pack and how many of its bytes something refers to.
type PackUse struct {
	Pack
	Live int64
}

// Uses pages through the packs by key, in byte order.
func (ps *Packs) Uses(ctx context.Context, after string, most int) ([]PackUse, error) {
	rows, err := ps.query.ListPackUse(ctx, after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list the use of packs: %w", err)
	}
	uses := make([]PackUse, len(rows))
	for i, r := range rows {
		uses[i] = PackUse{Pack{r.Key, r.Size, [32]byte(r.Sha256)}, r.Live}
	}
	return uses, nil
}

// MarkDeleted marks the given packs that hold nothing any more. Their objects are then
// to be deleted, and no writer can use their keys.
func (ps *Packs) MarkDeleted(ctx context.Context, keys []string) (marked []string, err error) {
	err = ps.inTx(ctx, func(q *query.Queries) error {
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

// MarkOrphans marks objects that no pack of the catalog names, as objects to be
// deleted. It returns the ones that it marked: a writer may have recorded the others
// since.
func (ps *Packs) MarkOrphans(ctx context.Context, objects []Pack) ([]string, error) {
	var keys []string
	var sizes []int64
	var hashes [][]byte
	for _, o := range objects {
		keys = append(keys, o.Key)
		sizes = append(sizes, max(o.Size, 1))
		hashes = append(hashes, o.SHA256[:])
	}
	if _, err := ps.query.AddDeletedPacks(ctx, keys, sizes, hashes); err != nil {
		return nil, fmt.Errorf("mark %d orphan objects: %w", len(objects), err)
	}
	rows, err := ps.query.KnownPacks(ctx, keys)
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

// Orphans returns the keys that no pack names, and the keys of deleted packs whose
// objects are gone: a writer has put such an object again, and was refused.
func (ps *Packs) Orphans(ctx context.Context, keys []string) (map[string]bool, error) {
	rows, err := ps.query.KnownPacks(ctx, keys)
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

// Deleted pages by key through the packs that were marked at least grace ago and
// whose objects are not known to be gone.
func (ps *Packs) Deleted(ctx context.Context, grace time.Duration, after string, most int) ([]string, error) {
	keys, err := ps.query.ListDeletedPacks(ctx, grace.Seconds(), after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list deleted packs: %w", err)
	}
	return keys, nil
}

// MarkGone says that the objects of deleted packs are gone.
func (ps *Packs) MarkGone(ctx context.Context, keys []string) error {
	if err := ps.query.MarkPacksGone(ctx, keys); err != nil {
		return fmt.Errorf("mark %d packs gone: %w", len(keys), err)
	}
	return nil
}

// Forget deletes the rows of packs that have been gone for DeletedPackKept.
func (ps *Packs) Forget(ctx context.Context) error {
	if _, err := ps.query.ForgetPacks(ctx, DeletedPackKept.Seconds()); err != nil {
		return fmt.Errorf("forget deleted packs: %w", err)
	}
	return nil
}
