package gateway

import (
	"context"
	"log/slog"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/worker"
	"github.com/leatworks/leat/pipeline/syncer/object"
)

// mender gives a gateway the parts of a repair that need more than the stores.
type mender struct {
	stores *worker.Stores
	cfg    config.Syncer
	log    *slog.Logger
}

func (m mender) RepairObjects(ctx context.Context) (object.Repaired, error) {
	return m.stores.RepairObjects(ctx, m.cfg, m.log)
}

func (m mender) Publish(ctx context.Context) error { return worker.SyncOnce(ctx, m.stores, m.log) }
