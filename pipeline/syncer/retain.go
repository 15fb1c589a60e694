package syncer

import (
	"context"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// Retention says how much of the past the catalog keeps, and how often the rest
// is deleted.
type Retention struct {
	Snapshots   int           // superseded ones per track; default 10
	Submissions time.Duration // how long settled ones are kept; default 30 days
	UsageDays   int           // days of embedding usage; default 400
	Interval    time.Duration // default 1 h
}

// The defaults.
const (
	DefaultKeepSnapshots   = 10
	DefaultKeepSubmissions = 30 * 24 * time.Hour
	DefaultKeepUsageDays   = 400 // a year, and the same month of the year before
	DefaultRetainInterval  = time.Hour
)

// KindRetention is the work of Retain.
const KindRetention catalog.WorkKind = "retention"

// Retain is the work of deleting the past: superseded snapshots that no document
// refers to, settled submissions, and old usage.
func Retain(cfg Retention, g *catalog.Garbage, u *catalog.Usage) schedule.Work {
	if cfg.Snapshots == 0 {
		cfg.Snapshots = DefaultKeepSnapshots
	}
	if cfg.Submissions == 0 {
		cfg.Submissions = DefaultKeepSubmissions
	}
	if cfg.UsageDays == 0 {
		cfg.UsageDays = DefaultKeepUsageDays
	}
	if cfg.Interval == 0 {
		cfg.Interval = DefaultRetainInterval
	}
	return schedule.Work{Kind: KindRetention, Interval: cfg.Interval, Do: func(ctx context.Context, r *schedule.Run) error {
		snapshots, err := g.DropOldSnapshots(ctx, cfg.Snapshots)
		if err != nil {
			return err
		}
		submissions, err := g.DropOldSubmissions(ctx, cfg.Submissions)
		if err != nil {
			return err
		}
		usage, err := u.DropOld(ctx, cfg.UsageDays)
		r.Mend(snapshots + submissions + usage)
		return err
	}}
}
