// Command syncer publishes again what the catalog owes, and keeps S3 true to it.
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
	spec := worker.Spec{Name: "syncer", Description: "Publishes again what the catalog owes, and keeps S3 true to it.", Listen: "127.0.0.1:8474", InFlight: worker.DefaultInFlight}
	os.Exit(worker.Main(spec, &cfg, &cfg.Process, func(ctx context.Context, s *worker.Stores, log *slog.Logger) error {
		return worker.Sync(ctx, s, cfg, log)
	}))
}
