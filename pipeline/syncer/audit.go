package syncer

import (
	"context"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// AuditRetention says how long changes stay in the audit log. A month is dropped whole.
type AuditRetention struct {
	Age      time.Duration // default 400 days
	Interval time.Duration // default 1 h
}

// The defaults.
const (
	DefaultKeepAudit     = 400 * 24 * time.Hour
	DefaultAuditInterval = time.Hour
)

// KindAudit is the work of Audit.
const KindAudit catalog.WorkKind = "audit"

// Audit is the work of making the audit log's partitions for the coming months, and of
// dropping old ones.
func Audit(cfg AuditRetention, log *catalog.Audit) schedule.Work {
	if cfg.Age == 0 {
		cfg.Age = DefaultKeepAudit
	}
	if cfg.Interval == 0 {
		cfg.Interval = DefaultAuditInterval
	}
	return schedule.Work{Kind: KindAudit, Interval: cfg.Interval, Do: func(ctx context.Context, r *schedule.Run) error {
		made, dropped, err := log.Keep(ctx, time.Now().Add(-cfg.Age))
		r.Mend(made + dropped)
		return err
	}}
}
