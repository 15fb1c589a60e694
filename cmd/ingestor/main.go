// Command ingestor reads repositories that were submitted and writes what changed.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/worker"
)

func main() {
	var cfg config.Ingestor
	spec := worker.Spec{Name: "ingestor", Description: "Reads repositories that were submitted and writes what changed into the catalog and S3.", Listen: "127.0.0.1:8471", InFlight: worker.DefaultIngests}
	os.Exit(worker.Main(spec, &cfg, &cfg.Process, func(ctx context.Context, s *worker.Stores, log *slog.Logger) error {
		return worker.Ingest(ctx, s, cfg, log)
	}))
}
