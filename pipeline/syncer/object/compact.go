package object

import (
	"context"
	"errors"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// emptyPacks marks the packs that hold nothing any more. It compacts packs of which less than
// half is still in use, and packs that are not sealed with the present key.
func (k *Keeper) emptyPacks(ctx context.Context, run *schedule.Run) error {
	into := make(map[target]*rewrite)
	for after := ""; ; {
		packs, err := k.packs.Uses(ctx, after, garbagePage)
		if err != nil {
			return err
		}
		if len(packs) == 0 {
			break
		}
		after = packs[len(packs)-1].Key
		var empty []string
		for _, p := range packs {
			old, err := k.blobs.Outdated(ctx, p.Key)
			if err != nil {
				return err
			}
			switch {
			case p.Live == 0:
				empty = append(empty, p.Key)
			case 2*p.Live < p.Size, old:
				if err := k.compact(ctx, p.Key, into, run); err != nil {
					return err
				}
			}
		}
		if len(empty) > 0 {
			marked, err := k.packs.MarkDeleted(ctx, empty)
			if err != nil {
				return err
			}
			run.Mend(int64(len(marked)))
		}
	}
	for _, r := range into {
		if err := r.finish(ctx); err != nil {
			return err
		}
	}
	return nil
}

// compact moves a pack's items that are still in use into a new pack.
func (k *Keeper) compact(ctx context.Context, key string, into map[target]*rewrite, run *schedule.Run) error {
	items, vector, err := k.packs.Items(ctx, key)
	if errors.Is(err, catalog.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	domain, err := k.blobs.Domain(ctx, key)
	if blob.IsLocked(err) {
		return nil // it stays as it is
	}
	if err != nil {
		return err
	}
	to := target{vector, domain}
	r := into[to]
	if r == nil {
		r = k.rewrite(to)
		into[to] = r
	}
	spans := make([]blob.Span, len(items))
	for i, item := range items {
		spans[i] = blob.Span(item.Span)
	}
	r.from = append(r.from, key)
	err = k.blobs.Read(ctx, spans, func(i int, content []byte) error {
		if err := prove(items[i], content, to); err != nil {
			return err
		}
		return r.add(items[i], content)
	})
	switch {
	case blob.IsDamage(err): // the scrub will mend it; the items that could be read move
		k.log.Warn("a pack cannot be compacted", "pack", key, "error", err)
	case err != nil:
		return err
	default:
		run.Mend(1)
	}
	if !r.pack.Full() {
		return nil
	}
	delete(into, to)
	return r.finish(ctx)
}
