package syncer

import (
	"context"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

// Retention says what of the past the catalog keeps, and how often what is
// older goes.
type Retention struct {
	Snapshots   int           // superseded ones of each track; default 10
	Submissions time.Duration // how long those that are over stay; default 30 days
	UsageDays   int           // for how long it is known what embedding took; default 400
	Interval    time.Duration // default 1 h
}

// The defaults.
const (
	DefaultKeepSnapshots   = 10
	DefaultKeepSubmissions = 30 * 24 * time.Hour
	DefaultKeepUsageDays   = 400 // a year, and the same month of the one before
	DefaultRetainInterval  = time.Hour
)

// Retain is the work of forgetting the past: superseded snapshots that no
// document refers to, submissions that are over, and usage of long ago.
func Retain(cfg Retention, c *catalog.Catalog) Work {
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
	return Work{Kind: "retention", Interval: cfg.Interval, Do: func(ctx context.Context, r *Run) error {
		snapshots, err := c.Garbage.DropOldSnapshots(ctx, cfg.Snapshots)
		if err != nil {
			return err
		}
		submissions, err := c.Garbage.DropOldSubmissions(ctx, cfg.Submissions)
		if err != nil {
			return err
		}
		usage, err := c.Usage.DropOld(ctx, cfg.UsageDays)
		r.Found = snapshots + submissions + usage
		r.Repaired = r.Found
		return err
	}}
}
