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
	spec := worker.Spec{Name: "indexer", Description: "Writes the points of documents into Qdrant.", Listen: "127.0.0.1:8473", InFlight: worker.DefaultInFlight}
	os.Exit(worker.Main(spec, &cfg, &cfg.Process, func(ctx context.Context, s *worker.Stores, log *slog.Logger) error {
		return worker.Index(ctx, s, cfg, log)
	}))
}
