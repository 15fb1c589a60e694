package object

import (
	"context"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// Cool has S3 put the objects of old packs into another class of storage. A pack whose
// object is missing is left for the scrub to mend.
//
// The collector may delete an object while S3 copies it. The copy is then an orphan, which
// the collector finds, because its pack is marked.
func (k *Keeper) Cool(ctx context.Context, run *schedule.Run) error {
	for after := run.Cursor(); ; {
		packs, err := k.packs.Warm(ctx, k.cfg.ColdAfter, k.cfg.ColdClass, after, garbagePage)
		if err != nil || len(packs) == 0 {
			return err
		}
		for _, p := range packs {
			run.Compared++
			err := k.blobs.SetClass(ctx, p.Key, k.cfg.ColdClass)
			if blob.IsDamage(err) {
				k.log.Warn("an old pack has no object, and gets no class", "pack", p.Key, "error", err)
				continue
			}
			if err != nil {
				return err
			}
			if err := k.packs.NoteClass(ctx, p.Key, k.cfg.ColdClass); err != nil {
				return err
			}
			run.Mend(1)
		}
		after = packs[len(packs)-1].Key
		if err := run.Save(ctx, after); err != nil {
			return err
		}
	}
}
