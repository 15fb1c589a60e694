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
	os.Exit(worker.Main(config.EmbedderProgram, &cfg, &cfg.Process, func(ctx context.Context, s *worker.Stores, log *slog.Logger) error {
		return worker.Embed(ctx, s, cfg, log)
	}))
}
