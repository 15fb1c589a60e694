package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/telemetry"
)

// Spec describes a worker's binary.
type Spec struct {
	Name        string // for example ingestor
	Description string
	Listen      string // default address of the health checks
	InFlight    int    // default number of messages held
}

// Checked is a configuration that can say what is wrong with it.
type Checked interface{ Check() error }

// Main is a worker's main function: it reads cfg from flags and environment,
// opens the stores, and runs until SIGINT or SIGTERM, or a second one, which
// ends it at once. It returns the exit code: 0 after a signal, 2 for a
// configuration that cannot work, 1 for any other error.
func Main(spec Spec, cfg Checked, common *config.Worker, run func(context.Context, *Stores, *slog.Logger) error) int {
	kong.Parse(cfg, kong.Name("leat-"+spec.Name), kong.Description(spec.Description), kong.UsageOnError(),
		kong.Vars{"listen": spec.Listen, "in_flight": fmt.Sprint(spec.InFlight)})
	if err := cfg.Check(); err != nil {
		fmt.Fprintf(os.Stderr, "leat-%s: %v\n", spec.Name, err)
		return 2
	}
	log := common.Logger().With("worker", spec.Name)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // the next signal kills
	}()
	if err := serve(ctx, spec, *common, log, run); err != nil && !errors.Is(err, context.Canceled) {
		log.Error("ended", "error", err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, spec Spec, cfg config.Worker, log *slog.Logger, run func(context.Context, *Stores, *slog.Logger) error) error {
	flush, err := telemetry.Start(ctx, spec.Name)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := flush(ctx); err != nil {
			log.Warn("traces were not all sent", "error", err)
		}
	}()
	health, err := listen(cfg.Listen, log)
	if err != nil {
		return err
	}
	defer health.close()
	stores, err := Open(ctx, cfg.Stores, spec.Name, log)
	if err != nil {
		return err
	}
	defer stores.Close()
	health.stores.Store(stores)
	go func() {
		<-ctx.Done()
		health.ended.Store(true)
	}()
	log.Info("ready", "health", health.addr, "index", cfg.Index, "generation", stores.Generation.Number, "embedder", cfg.Embedder)
	if err := run(ctx, stores, log); err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}
