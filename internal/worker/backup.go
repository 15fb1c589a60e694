package worker

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/leatworks/leat/internal/backup"
	"github.com/leatworks/leat/internal/build"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// backups is the syncer's work of making backups.
func (s *Stores) backups(cfg config.Syncer, log *slog.Logger) schedule.Work {
	return backup.Work(cfg.Plan(), func(ctx context.Context) (*backup.Vault, backup.Leat, backup.Request, func(), error) {
		fail := func(err error) (*backup.Vault, backup.Leat, backup.Request, func(), error) {
			return nil, backup.Leat{}, backup.Request{}, nil, err
		}
		key, err := cfg.Signer(ctx, cfg.Stores, s.Catalog.Archive)
		if err != nil {
			return fail(err)
		}
		vault, target, err := cfg.Open(ctx, cfg.File, cfg.To, log)
		if err != nil {
			return fail(err)
		}
		leat := backup.Leat{Catalog: s.Catalog, Blobs: s.Blobs, Broker: s.Broker, Points: s.Points, Key: key, Version: build.Version()}
		return vault, leat, backup.Request{Target: cfg.To, Points: cfg.WithPoints}, target.Close, nil
	})
}

// backupLook bounds the time to find the newest backup, since a scrape of the metrics waits for it.
const backupLook = 2 * time.Second

// tellBackups adds the age of the newest good backup to the process's figures. Where none was good,
// the age is that of the first attempt, so that an alert fires. Before any, the figure is missing.
func (s *Stores) tellBackups() error {
	_, err := s.meter().Float64ObservableGauge("leat_backup_age_seconds",
		metric.WithDescription("Age of the newest good backup, or of the first attempt if none was good, in seconds; missing before any."),
		metric.WithFloat64Callback(func(ctx context.Context, o metric.Float64Observer) error {
			ctx, cancel := context.WithTimeout(ctx, backupLook)
			defer cancel()
			since, found, err := s.Catalog.Schedule.NoGoodSince(ctx, backup.Kind)
			if found {
				o.Observe(time.Since(since).Seconds())
			}
			return err
		}))
	if err != nil {
		return fmt.Errorf("make the metric of backups: %w", err)
	}
	return nil
}
