package object

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/time/rate"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

const (
	scrubPage = 16 // packs read between two saves of the cursor
	// A scrub that finds most packs missing is reading the wrong bucket, or one
	// that is gone. A person has to judge that.
	fewMissing = 8
)

// Scrub reads every pack and repairs those that are missing or damaged. An
// interrupted run goes on where it stopped. The run counts packs.
func (k *Keeper) Scrub(ctx context.Context, run *schedule.Run) error {
	_, err := scrub{Keeper: k, limit: k.limit}.run(ctx, run)
	return err
}

// scrub is one reading of all packs.
type scrub struct {
	*Keeper
	limit   *rate.Limiter
	anyLoss bool // go on however many packs are missing
}

// run returns how many documents the scrub has made due for the embedder.
func (s scrub) run(ctx context.Context, run *schedule.Run) (requeued int64, err error) {
	var lost []string
	for missing := int64(0); ; {
		packs, err := s.packs.List(ctx, run.Cursor(), scrubPage)
		if err != nil {
			return requeued, err
		}
		if len(packs) == 0 {
			return requeued, unrepaired(lost)
		}
		for _, pack := range packs {
			if err := s.wait(ctx, pack.Size); err != nil {
				return requeued, err
			}
			damage := s.blobs.Check(ctx, blob.Object(pack))
			run.Compared++
			if damage == nil {
				continue
			}
			if !blob.IsDamage(damage) {
				return requeued, damage
			}
			if errors.Is(damage, blob.ErrMissing) {
				missing++
			}
			if missing > fewMissing && 2*missing > run.Compared && !s.anyLoss {
				return requeued, fmt.Errorf("%d of %d packs are missing from S3: check that it is the right bucket, then ask for a repair", missing, run.Compared)
			}
			m, err := s.mend(ctx, pack.Key, damage, run)
			if err != nil {
				return requeued, err
			}
			requeued += m.requeued
			if m.lost != "" {
				lost = append(lost, m.lost)
			}
		}
		if err := run.Save(ctx, packs[len(packs)-1].Key); err != nil {
			return requeued, err
		}
	}
}

// unrepaired names the first loss; the log has them all.
func unrepaired(lost []string) error {
	switch n := len(lost); n {
	case 0:
		return nil
	case 1:
		return schedule.Unrepaired{What: lost[0]}
	default:
		return schedule.Unrepaired{What: fmt.Sprintf("%s (and %d more packs)", lost[0], n-1)}
	}
}

// wait keeps to the rate, however large a pack is.
func (s scrub) wait(ctx context.Context, size int64) error {
	for burst := int64(s.limit.Burst()); size > 0 && burst > 0; size -= burst {
		if err := s.limit.WaitN(ctx, int(min(size, burst))); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// mended is the result of mending a pack.
type mended struct {
	lost     string // says which content could not be read again; "": none
	requeued int64  // documents that are due for the embedder
}

// mend writes a damaged pack's items into a new one: the items that can still be
// read, and texts that git has. Lost vectors are embedded again.
func (k *Keeper) mend(ctx context.Context, key string, damage error, run *schedule.Run) (m mended, err error) {
	items, vector, err := k.packs.Items(ctx, key)
	if errors.Is(err, catalog.ErrNotFound) {
		return m, nil // collected while it was read
	}
	if err != nil {
		return m, err
	}
	domain, err := k.blobs.Domain(ctx, key)
	if errors.Is(err, blob.ErrDestroyed) {
		return m, nil // nothing of it can be mended, and nobody wants it
	}
	if err != nil {
		return m, err
	}
	run.Found++
	k.log.Warn("a pack is damaged", "pack", key, "items", len(items), "error", damage)
	r := k.rewrite(target{vector, domain})
	r.from = []string{key}
	broken, err := k.salvage(ctx, r, items)
	if err != nil {
		return m, err
	}
	if !vector {
		var why error
		if broken, why, err = k.readAgain(ctx, r, broken); err != nil {
			return m, err
		}
		if len(broken) > 0 {
			m.lost = fmt.Sprintf("%d of %d blobs of %s cannot be read again: %v", len(broken), len(items), key, why)
			k.log.Error("content is lost", "pack", key, "blobs", len(broken), "error", why)
		}
	}
	if err := r.finish(ctx); err != nil {
		return m, err
	}
	if vector && len(broken) > 0 {
		documents, err := k.packs.DropVectors(ctx, key, broken)
		if err != nil {
			return m, err
		}
		m.requeued = int64(documents)
		k.log.Warn("vectors are lost; their texts will be embedded again", "pack", key, "vectors", len(broken), "documents", documents)
	}
	if m.lost == "" {
		run.Repaired++
	}
	return m, nil
}

// salvage adds the items that can still be read, and returns the others.
func (k *Keeper) salvage(ctx context.Context, r *rewrite, items []catalog.PackItem) (broken []catalog.PackItem, err error) {
	for i, item := range items {
		err := k.blobs.Read(ctx, []blob.Span{blob.Span(item.Span)}, func(_ int, content []byte) error {
			if err := prove(item, content, r.target); err != nil {
				return err
			}
			return r.add(item, content)
		})
		switch {
		case errors.Is(err, blob.ErrMissing):
			return append(broken, items[i:]...), nil
		case blob.IsDamage(err):
			broken = append(broken, item)
		case err != nil:
			return nil, err
		}
	}
	return broken, nil
}
