package backup

import (
	"context"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// Kind is the work of making backups.
const Kind catalog.WorkKind = "backup"

// Plan says how often backups are made, and which stay.
type Plan struct {
	Interval time.Duration
	Keep     Keep
}

// Open opens the target of planned backups, and returns the arguments of Create and Prune.
// closeTarget closes the vault's target.
type Open func(ctx context.Context) (v *Vault, l Leat, r Request, closeTarget func(), err error)

// Work is the syncer's work of making a backup and removing old ones. It opens the target for each
// run, so that a target that is away for a while does not end the worker.
func Work(p Plan, open Open) schedule.Work {
	return schedule.Work{Kind: Kind, Interval: p.Interval, Do: func(ctx context.Context, run *schedule.Run) error {
		v, l, r, closeTarget, err := open(ctx)
		if err != nil {
			return err
		}
		defer closeTarget()
		made, err := v.Create(ctx, l, r)
		run.Compared = made.Packs.Rows
		if err != nil {
			return err
		}
		_, err = v.Prune(ctx, p.Keep, false)
		return err
	}}
}
