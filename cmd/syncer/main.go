// Command syncer publishes again what the catalog owes.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/worker"
)

func main() {
	var cfg config.Worker
	spec := worker.Spec{Name: "syncer", Description: "Publishes again what the catalog owes.", Listen: ":8474", InFlight: worker.DefaultInFlight}
	os.Exit(worker.Main(spec, &cfg, &cfg, func(ctx context.Context, s *worker.Stores, log *slog.Logger) error {
		return worker.Sync(ctx, s, log)
	}))
}
