// Command ingestor reads the repositories that are submitted, and stores their changes.
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
	os.Exit(worker.Main(config.IngestorProgram, &cfg, &cfg.Process, func(ctx context.Context, s *worker.Stores, log *slog.Logger) error {
		return worker.Ingest(ctx, s, cfg, log)
	}))
}
