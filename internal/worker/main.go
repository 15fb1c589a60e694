package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/leatworks/leat/internal/build"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/profile"
	"github.com/leatworks/leat/internal/telemetry"
	"github.com/leatworks/leat/pipeline/chunk/child"
	"github.com/leatworks/leat/pipeline/git/reach"
)

// The exit codes.
const (
	exitStopped  = 0 // after a signal
	exitFailed   = 1 // for an error that may be gone at another start
	exitRefused  = 2 // for a configuration that cannot work
	flushTimeout = 5 * time.Second
)

// Main is a worker's main function: it reads cfg from flags and environment,
// opens the stores, and runs until SIGINT or SIGTERM. A second signal ends the
// process at once. Main returns the exit code.
func Main(program config.Program, cfg config.Flags, common *config.Process, run func(context.Context, *Stores, *slog.Logger) error) int {
	child.Main()
	reach.Main()
	defer runtime.KeepAlive(spare())
	name := "leat-" + program.Name
	refuse := func(err error) int {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return exitRefused
	}
	parser, err := program.Parser(cfg, build.String())
	if err != nil {
		return refuse(err)
	}
	if _, err := parser.Parse(os.Args[1:]); err != nil {
		return refuse(fmt.Errorf("%w ('%s --help' lists the flags)", err, name))
	}
	if err := cfg.Check(); err != nil {
		return refuse(common.File.Locate(err))
	}
	live, err := config.NewLive(parser.Model.Flags)
	if err != nil {
		return refuse(err)
	}
	to, closeLog, err := logTo(common.LogFile)
	if err != nil {
		return refuse(err)
	}
	defer closeLog()
	level := new(slog.LevelVar)
	handler, sumUp := telemetry.Handler(common.Leveled(to, level).Handler())
	defer sumUp()
	log := slog.New(handler).With("worker", program.Name)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // the next signal kills
	}()
	go keepSmall(ctx)
	err = serve(ctx, program, *common, log, func(ctx context.Context, s *Stores) error {
		return s.Reconfigured(ctx, live, level.Set, log, func(ctx context.Context) error { return run(ctx, s, log) })
	})
	switch kind, _ := fault.Of(err); {
	case err == nil, errors.Is(err, context.Canceled) && ctx.Err() != nil:
		log.Info("stopped")
		return exitStopped
	case kind == fault.KindReject:
		return refuse(err)
	}
	log.Error("ended", "error", err)
	return exitFailed
}

// logTo returns the writer of the logs.
func logTo(cfg config.LogFile) (io.Writer, func(), error) {
	if cfg.LogName == "" {
		return os.Stderr, func() {}, nil
	}
	file, err := telemetry.OpenLogFile(cfg.LogDir, cfg.LogName, cfg.LogMiB<<20, cfg.LogKeep)
	if err != nil {
		return nil, nil, fmt.Errorf("--log-file (LEAT_LOG_FILE): %w", err)
	}
	return file, func() { _ = file.Close() }, nil
}

func serve(ctx context.Context, program config.Program, cfg config.Process, log *slog.Logger, run func(context.Context, *Stores) error) error {
	flush, err := telemetry.Start(ctx, program.Name, log)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
		defer cancel()
		if err := flush(ctx); err != nil {
			log.Warn("some traces or logs were not sent", "error", err)
		}
	}()
	metrics, err := telemetry.NewMetrics(ctx, program.Name)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
		defer cancel()
		if err := metrics.Close(ctx); err != nil {
			log.Warn("some figures were not sent", "error", err)
		}
	}()
	health, err := Listen(cfg.Listen, program.Name == config.GatewayProgram.Name, metrics, log)
	if err != nil {
		return err
	}
	defer health.Close()
	profiled, err := profile.Start(cfg.Profile)
	if err != nil {
		return fault.Reject(fmt.Errorf("--profile (LEAT_PROFILE): %w: name a writable file", err))
	}
	defer profiled()
	log.Info("starting", "health", health.Addr())
	stores, err := Open(ctx, cfg.Stores, program.Name, log)
	if err != nil {
		return err
	}
	defer stores.Close()
	stores.Meter, stores.Health = metrics.Meter(), health
	health.Open(stores)
	go func() {
		<-ctx.Done()
		health.Stop()
	}()
	go func() {
		select {
		case <-health.Whole():
			log.Info("ready", "index", cfg.Index, "generation", stores.Generation.Number, "embedder", stores.Generation.Embedder.Name)
		case <-ctx.Done():
		}
	}()
	return run(ctx, stores)
}
