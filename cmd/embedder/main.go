// Command embedder computes the vectors of chunks that have none.
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
	spec := worker.Spec{Name: "embedder", Description: "Computes the vectors of chunks that have none.", Listen: "127.0.0.1:8472", InFlight: worker.DefaultInFlight}
	os.Exit(worker.Main(spec, &cfg, &cfg.Process, func(ctx context.Context, s *worker.Stores, log *slog.Logger) error {
		return worker.Embed(ctx, s, cfg, log)
	}))
}
