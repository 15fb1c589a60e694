package object

import (
	"context"
	"fmt"

	"github.com/leatworks/leat/pipeline/fact"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

const (
	garbagePage = 500  // rows that one statement locks
	listPage    = 2000 // rows that one statement reads
)

// Collect deletes content that no document refers to, compacts packs that are
// mostly dead, and deletes objects that no pack names. docs/adr/0006-garbage.md
// says why this costs no writer its content. An interrupted run goes on with the
// part that it had reached. The run counts deletions as found and repaired.
func (k *Keeper) Collect(ctx context.Context, run *schedule.Run) error {
	parts := []struct {
		name string
		do   func(context.Context, *schedule.Run) error
	}{
		{"", k.markUnused},
		{"shredded", k.shred},
		{"chunkings", k.unusedChunkings},
		{"facts", k.unusedFacts},
		{"blobs", k.unusedBlobs},
		{"vectors", k.unusedVectors},
		{"packs", k.emptyPacks},
		{"deleted", k.deletedPacks},
		{"orphans", k.orphans},
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

// markUnused begins the grace of chunkings that no document refers to, and ends it for
// chunkings that a document refers to again.
func (k *Keeper) markUnused(ctx context.Context, run *schedule.Run) error {
	for after := int64(0); ; {
		last, looked, err := k.garbage.MarkUnused(ctx, after, listPage)
		if err != nil || looked == 0 {
			return err
		}
		after, run.Compared = last, run.Compared+looked
	}
}

// shred marks documents as skipped whose texts were sealed with keys that were destroyed. The
// command that destroyed a key may not have reached them, or they were on their way then.
func (k *Keeper) shred(ctx context.Context, run *schedule.Run) error {
	for {
		ids, err := k.packs.Shred(ctx, garbagePage)
		if err != nil || len(ids) == 0 {
			return err
		}
		run.Mend(int64(len(ids)))
	}
}

func (k *Keeper) unusedChunkings(ctx context.Context, run *schedule.Run) error {
	for {
		looked, dropped, err := k.garbage.DropUnused(ctx, k.cfg.Grace, garbagePage)
		if err != nil || looked == 0 {
			return err
		}
		run.Mend(dropped)
	}
}

// unusedFacts deletes facts that no graph reads any more. Their encoded forms are
// blobs, which go next.
func (k *Keeper) unusedFacts(ctx context.Context, run *schedule.Run) error {
	for after := []byte{}; after != nil; {
		next, dropped, err := k.garbage.DropUnusedFacts(ctx, fact.Version, after, listPage)
		if err != nil {
			return err
		}
		run.Mend(dropped)
		after = next
	}
	return nil
}

func (k *Keeper) unusedBlobs(ctx context.Context, run *schedule.Run) error {
	for after := []byte{}; after != nil; {
		next, dropped, err := k.garbage.DropUnusedBlobs(ctx, after, listPage)
		if err != nil {
			return err
		}
		run.Mend(dropped)
		after = next
	}
	return nil
}

func (k *Keeper) unusedVectors(ctx context.Context, run *schedule.Run) error {
	embedders, err := k.models.Embedders(ctx)
	if err != nil {
		return err
	}
	for _, embedder := range embedders {
		for after := []byte{}; after != nil; {
			next, dropped, err := k.garbage.DropUnusedVectors(ctx, embedder, after, listPage)
			if err != nil {
				return err
			}
			run.Mend(dropped)
			after = next
		}
	}
	return nil
}
