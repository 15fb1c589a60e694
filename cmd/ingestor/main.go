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
	os.Exit(worker.Main(config.IngestorProgram, &cfg, &cfg.Process, func(ctx context.Context, s *worker.Stores, log *slog.Logger) error {
		return worker.Ingest(ctx, s, cfg, log)
	}))
}
