package syncer

import (
	"context"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// Deliveries says how many deliveries of webhooks are kept.
type Deliveries struct {
	Age  time.Duration // default 30 days
	Keep int           // of each hook; default 1,000
}

// The defaults. A delivery takes 16 KiB at most, and a few KiB usually.
const (
	DefaultDeliveryAge = 30 * 24 * time.Hour
	DefaultDeliveries  = 1000

	// deliveryInterval is short: a busy organisation sends thousands an hour.
	deliveryInterval = 10 * time.Minute
)

// KindDeliveries is the work of RetainDeliveries.
const KindDeliveries catalog.WorkKind = "deliveries"

// RetainDeliveries is the work of deleting old deliveries of webhooks.
func RetainDeliveries(cfg Deliveries, hooks *catalog.Hooks) schedule.Work {
	if cfg.Age == 0 {
		cfg.Age = DefaultDeliveryAge
	}
	if cfg.Keep == 0 {
		cfg.Keep = DefaultDeliveries
	}
	return schedule.Work{Kind: KindDeliveries, Interval: deliveryInterval, Do: func(ctx context.Context, r *schedule.Run) error {
		n, err := hooks.DropOldDeliveries(ctx, cfg.Age, cfg.Keep)
		r.Mend(n)
		return err
	}}
}
