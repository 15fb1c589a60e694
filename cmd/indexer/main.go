// Command indexer writes the points of documents into Qdrant.
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
	os.Exit(worker.Main(config.IndexerProgram, &cfg, &cfg.Process, func(ctx context.Context, s *worker.Stores, log *slog.Logger) error {
		return worker.Index(ctx, s, cfg, log)
	}))
}
