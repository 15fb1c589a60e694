package object

import (
	"context"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// deletedPacks deletes the objects of packs whose grace is over, and at the end
// their rows.
func (k *Keeper) deletedPacks(ctx context.Context, _ *schedule.Run) error {
	for after := ""; ; {
		keys, err := k.packs.Deleted(ctx, k.cfg.Grace, after, garbagePage)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			return k.packs.Forget(ctx)
		}
		after = keys[len(keys)-1]
		if err := k.delete(ctx, keys); err != nil {
			return err
		}
	}
}

// delete deletes the objects of marked packs. Nothing refers to them, and nothing can
// from now on. While a backup is under way they stay, because its point in time may be
// older than the mark. A later run deletes them.
func (k *Keeper) delete(ctx context.Context, keys []string) error {
	held, err := k.packs.Held(ctx)
	if err != nil || held {
		return err
	}
	for _, key := range keys {
		if err := k.blobs.Delete(ctx, key); err != nil {
			return err
		}
	}
	return k.packs.MarkGone(ctx, keys)
}

// orphans deletes old objects that no pack names.
func (k *Keeper) orphans(ctx context.Context, run *schedule.Run) error {
	return k.deleteUnknown(ctx, run, k.cfg.Grace)
}

// deleteUnknown deletes objects that no pack names and that are older than the grace.
// Their writer died before it recorded them. A writer that is only slow finds the
// object gone, and stores it again. Objects that leat cannot have written are left
// alone.
func (k *Keeper) deleteUnknown(ctx context.Context, run *schedule.Run, grace time.Duration) error {
	before := time.Now().Add(-grace)
	var page []catalog.Pack
	for entry, err := range k.blobs.List(ctx, "") {
		if err != nil {
			return err
		}
		run.Compared++
		if entry.Foreign || entry.Modified.After(before) {
			continue
		}
		if page = append(page, catalog.Pack(entry.Object)); len(page) == garbagePage {
			if err := k.deleteOrphans(ctx, page, run); err != nil {
				return err
			}
			page = page[:0]
		}
	}
	return k.deleteOrphans(ctx, page, run)
}

func (k *Keeper) deleteOrphans(ctx context.Context, page []catalog.Pack, run *schedule.Run) error {
	keys := make([]string, len(page))
	for i, p := range page {
		keys[i] = p.Key
	}
	unknown, err := k.packs.Orphans(ctx, keys)
	if err != nil || len(unknown) == 0 {
		return err
	}
	var suspects []catalog.Pack
	for _, p := range page {
		if unknown[p.Key] {
			suspects = append(suspects, p)
		}
	}
	orphans, err := k.packs.MarkOrphans(ctx, suspects)
	if err != nil {
		return err
	}
	run.Mend(int64(len(orphans)))
	return k.delete(ctx, orphans)
}
