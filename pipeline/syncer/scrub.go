package syncer

import (
	"context"
	"errors"
	"fmt"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
)

const (
	scrubPage = 16 // packs read between two notes of how far the scrub has come
	// A scrub that finds most packs missing looks at the wrong bucket, or at
	// one that is gone: that is for a person to judge.
	fewMissing = 8
)

// Scrub reads every pack and repairs those that are missing or damaged. A run
// that was cut short goes on where it stopped. It counts packs.
func (o *Objects) Scrub(ctx context.Context, run *Run) error {
	var lost []string
	for missing := int64(0); ; {
		packs, err := o.catalog.Packs.List(ctx, run.Cursor(), scrubPage)
		if err != nil {
			return err
		}
		if len(packs) == 0 {
			break
		}
		for _, pack := range packs {
			if err := o.wait(ctx, pack.Size); err != nil {
				return err
			}
			damage := o.blobs.Check(ctx, blob.Object(pack))
			run.Compared++
			if damage == nil {
				continue
			}
			if !isDamage(damage) {
				return damage
			}
			if errors.Is(damage, blob.ErrMissing) {
				missing++
			}
			if missing > fewMissing && 2*missing > run.Compared && !o.anyLoss {
				return fmt.Errorf("%d of %d packs are missing from S3: check that it is the right bucket, then run 'leat verify --repair'", missing, run.Compared)
			}
			why, err := o.mend(ctx, pack.Key, damage, run)
			if err != nil {
				return err
			}
			if why != "" {
				lost = append(lost, why)
			}
		}
		if err := run.Save(ctx, packs[len(packs)-1].Key); err != nil {
			return err
		}
	}
	return unrepaired(lost)
}

// unrepaired names the first of what was lost; all of it is in the log.
func unrepaired(lost []string) error {
	switch n := len(lost); n {
	case 0:
		return nil
	case 1:
		return Unrepaired{lost[0]}
	default:
		return Unrepaired{fmt.Sprintf("%s (and %d more packs)", lost[0], n-1)}
	}
}

// wait keeps to the rate, however large a pack is.
func (o *Objects) wait(ctx context.Context, size int64) error {
	for burst := int64(o.limit.Burst()); size > 0 && burst > 0; size -= burst {
		if err := o.limit.WaitN(ctx, int(min(size, burst))); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// mend brings a damaged pack's items into a new one: those that can still be
// read, texts that git has, and vectors by way of the embedder. It says what is
// lost.
func (o *Objects) mend(ctx context.Context, key string, damage error, run *Run) (lost string, err error) {
	items, vector, err := o.catalog.Packs.Items(ctx, key)
	if errors.Is(err, catalog.ErrNotFound) {
		return "", nil // collected while it was read
	}
	if err != nil {
		return "", err
	}
	run.Found++
	o.log.Warn("a pack is damaged", "pack", key, "items", len(items), "error", damage)
	r := o.rewrite(vector)
	r.from = []string{key}
	broken, err := o.salvage(ctx, r, items)
	if err != nil {
		return "", err
	}
	if !vector {
		var why error
		if broken, why, err = o.readAgain(ctx, r, broken); err != nil {
			return "", err
		}
		if len(broken) > 0 {
			lost = fmt.Sprintf("%d of %d blobs of %s cannot be read again: %v", len(broken), len(items), key, why)
			o.log.Error("content is lost", "pack", key, "blobs", len(broken), "error", why)
		}
	}
	if err := r.finish(ctx); err != nil {
		return "", err
	}
	if vector && len(broken) > 0 {
		documents, err := o.catalog.Packs.DropVectors(ctx, key, broken)
		if err != nil {
			return "", err
		}
		o.again += int64(documents)
		o.log.Warn("vectors are lost; their texts will be embedded again", "pack", key, "vectors", len(broken), "documents", documents)
	}
	if lost == "" {
		run.Repaired++
	}
	return lost, nil
}

// salvage adds what can still be read, and returns what cannot.
func (o *Objects) salvage(ctx context.Context, r *rewrite, items []catalog.PackItem) (broken []catalog.PackItem, err error) {
	for i, item := range items {
		err := o.blobs.Read(ctx, []blob.Span{blob.Span(item.Span)}, func(_ int, content []byte) error {
			if err := prove(item, content, r.vector); err != nil {
				return err
			}
			return r.add(item, content)
		})
		switch {
		case errors.Is(err, blob.ErrMissing):
			return append(broken, items[i:]...), nil
		case isDamage(err):
			broken = append(broken, item)
		case err != nil:
			return nil, err
		}
	}
	return broken, nil
}
