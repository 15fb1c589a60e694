// Command syncer publishes work again that the catalog owes, and keeps S3 and Qdrant true to
// the catalog.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/worker"
)

func main() {
	var cfg config.Syncer
	os.Exit(worker.Main(config.SyncerProgram, &cfg, &cfg.Process, func(ctx context.Context, s *worker.Stores, log *slog.Logger) error {
		return worker.Sync(ctx, s, cfg, log)
	}))
}
