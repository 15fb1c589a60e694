package syncer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
)

const (
	garbagePage = 500 // rows that one statement locks
	listPage    = 2000
)

// Collect deletes content that no document refers to, compacts packs that are
// mostly dead, and deletes objects that no pack names. docs/adr/0006-garbage.md
// says why no writer can lose by it. A run that was cut short goes on with the
// part it was at. It counts what it looked at, and what it deleted as found
// and repaired.
func (o *Objects) Collect(ctx context.Context, run *Run) error {
	parts := []struct {
		name string
		do   func(context.Context, *Run) error
	}{
		{"", o.markUnused},
		{"chunkings", o.unusedChunkings},
		{"blobs", o.unusedBlobs},
		{"vectors", o.unusedVectors},
		{"packs", o.emptyPacks},
		{"deleted", o.deletedPacks},
		{"orphans", o.orphans},
	}
	begun := run.Cursor() == ""
	for _, part := range parts {
		if begun = begun || part.name == run.Cursor(); !begun {
			continue
		}
		if err := run.Save(ctx, part.name); err != nil {
			return err
		}
		if err := part.do(ctx, run); err != nil {
			return fmt.Errorf("collect %s: %w", part.name, err)
		}
	}
	if !begun {
		return fmt.Errorf("collect: no part is named %q", run.Cursor())
	}
	return nil
}

func (r *Run) did(n int64) {
	r.Found += n
	r.Repaired += n
}

// markUnused begins the grace of chunkings that no document refers to, and
// ends it for those that one refers to again.
func (o *Objects) markUnused(ctx context.Context, run *Run) error {
	for after := int64(0); ; {
		last, looked, err := o.catalog.Garbage.MarkUnused(ctx, after, listPage)
		if err != nil || looked == 0 {
			return err
		}
		after, run.Compared = last, run.Compared+looked
	}
}

func (o *Objects) unusedChunkings(ctx context.Context, run *Run) error {
	for {
		looked, dropped, err := o.catalog.Garbage.DropUnused(ctx, o.cfg.Grace, garbagePage)
		if err != nil || looked == 0 {
			return err
		}
		run.did(dropped)
	}
}

func (o *Objects) unusedBlobs(ctx context.Context, run *Run) error {
	for after := []byte{}; after != nil; {
		next, dropped, err := o.catalog.Garbage.DropUnusedBlobs(ctx, after, listPage)
		if err != nil {
			return err
		}
		run.did(dropped)
		after = next
	}
	return nil
}

func (o *Objects) unusedVectors(ctx context.Context, run *Run) error {
	embedders, err := o.catalog.Generations.Embedders(ctx)
	if err != nil {
		return err
	}
	for _, embedder := range embedders {
		for after := []byte{}; after != nil; {
			next, dropped, err := o.catalog.Garbage.DropUnusedVectors(ctx, embedder, after, listPage)
			if err != nil {
				return err
			}
			run.did(dropped)
			after = next
		}
	}
	return nil
}

// emptyPacks marks packs that hold nothing any more, and compacts those that
// are less than half alive.
func (o *Objects) emptyPacks(ctx context.Context, run *Run) error {
	into := make(map[bool]*rewrite) // by whether they hold vectors
	for after := ""; ; {
		packs, err := o.catalog.Packs.Uses(ctx, after, garbagePage)
		if err != nil {
			return err
		}
		if len(packs) == 0 {
			break
		}
		after = packs[len(packs)-1].Key
		var empty []string
		for _, p := range packs {
			switch {
			case p.Live == 0:
				empty = append(empty, p.Key)
			case 2*p.Live < p.Size:
				if err := o.compact(ctx, p.Key, into, run); err != nil {
					return err
				}
			}
		}
		if len(empty) > 0 {
			marked, err := o.catalog.Packs.MarkDeleted(ctx, empty)
			if err != nil {
				return err
			}
			run.did(int64(len(marked)))
		}
	}
	for _, r := range into {
		if err := r.finish(ctx); err != nil {
			return err
		}
	}
	return nil
}

// compact takes what is alive in a pack into a new one.
func (o *Objects) compact(ctx context.Context, key string, into map[bool]*rewrite, run *Run) error {
	items, vector, err := o.catalog.Packs.Items(ctx, key)
	if errors.Is(err, catalog.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	r := into[vector]
	if r == nil {
		r = o.rewrite(vector)
		into[vector] = r
	}
	spans := make([]blob.Span, len(items))
	for i, item := range items {
		spans[i] = blob.Span(item.Span)
	}
	r.from = append(r.from, key)
	err = o.blobs.Read(ctx, spans, func(i int, content []byte) error {
		if err := prove(items[i], content, vector); err != nil {
			return err
		}
		return r.add(items[i], content)
	})
	switch {
	case isDamage(err): // for the scrub; what could be read moves
		o.log.Warn("a pack cannot be compacted", "pack", key, "error", err)
	case err != nil:
		return err
	default:
		run.did(1)
	}
	if !r.pack.Full() {
		return nil
	}
	delete(into, vector)
	return r.finish(ctx)
}

// deletedPacks deletes the objects of packs that were marked a grace ago, and
// in the end their rows.
func (o *Objects) deletedPacks(ctx context.Context, _ *Run) error {
	for after := ""; ; {
		keys, err := o.catalog.Packs.Deleted(ctx, o.cfg.Grace, after, garbagePage)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			return o.catalog.Packs.Forget(ctx)
		}
		after = keys[len(keys)-1]
		if err := o.delete(ctx, keys); err != nil {
			return err
		}
	}
}

// delete deletes objects whose packs are marked: nobody refers to them, or can
// from now on.
func (o *Objects) delete(ctx context.Context, keys []string) error {
	for _, key := range keys {
		if err := o.blobs.Delete(ctx, key); err != nil {
			return err
		}
	}
	return o.catalog.Packs.MarkGone(ctx, keys)
}

// orphans deletes objects that no pack names: their writer died before it
// could record them, or has yet to, and then stores them again. Objects that
// leat cannot have written are left alone.
func (o *Objects) orphans(ctx context.Context, run *Run) error {
	before := time.Now().Add(-o.cfg.Grace)
	var page []catalog.Pack
	for entry, err := range o.blobs.List(ctx, "") {
		if err != nil {
			return err
		}
		run.Compared++
		if entry.Foreign || entry.Modified.After(before) {
			continue
		}
		if page = append(page, catalog.Pack(entry.Object)); len(page) == garbagePage {
			if err := o.deleteOrphans(ctx, page, run); err != nil {
				return err
			}
			page = page[:0]
		}
	}
	return o.deleteOrphans(ctx, page, run)
}

func (o *Objects) deleteOrphans(ctx context.Context, page []catalog.Pack, run *Run) error {
	keys := make([]string, len(page))
	for i, p := range page {
		keys[i] = p.Key
	}
	unknown, err := o.catalog.Packs.Orphans(ctx, keys)
	if err != nil || len(unknown) == 0 {
		return err
	}
	var suspects []catalog.Pack
	for _, p := range page {
		if unknown[p.Key] {
			suspects = append(suspects, p)
		}
	}
	orphans, err := o.catalog.Packs.MarkOrphans(ctx, suspects)
	if err != nil {
		return err
	}
	run.did(int64(len(orphans)))
	return o.delete(ctx, orphans)
}
