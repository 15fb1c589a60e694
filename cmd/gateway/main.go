// Command gateway serves a leat over HTTP.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/gateway"
	"github.com/leatworks/leat/internal/worker"
)

func main() {
	var cfg config.Gateway
	os.Exit(worker.Main(config.GatewayProgram, &cfg, &cfg.Process, func(ctx context.Context, s *worker.Stores, log *slog.Logger) error {
		return gateway.Run(ctx, s, cfg.Stores, cfg.Door, cfg.Git, cfg.DrainTimeout, log)
	}))
}
