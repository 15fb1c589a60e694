package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/telemetry"
	"github.com/leatworks/leat/internal/worker"
	"github.com/leatworks/leat/pipeline/catalog"
)

// oncePatience is how many attempts --once waits for: about half a minute.
const oncePatience = 3

type devCmd struct {
	Submit []string `placeholder:"REPO" help:"Submit this repository. May be repeated."`
	Ref    string   `placeholder:"REF" help:"Branch, tag or full ref name of what is submitted. Default: the remote's default branch."`
	Once   bool     `help:"Exit when everything submitted is indexed or has failed."`
	config.Git
	config.Filter
}

func (cmd *devCmd) Run(ctx context.Context, g *globals) error {
	if err := events.CheckTenant(g.Tenant); err != nil {
		return fmt.Errorf("--tenant: %w", err)
	}
	dir, err := g.dataDir()
	if err != nil {
		return err
	}
	// Local paths mean what they mean here, before any server starts.
	for i, repo := range cmd.Submit {
		if cmd.Submit[i], err = address(repo); err != nil {
			return err
		}
	}
	flush, err := telemetry.Start(ctx, "dev")
	if err != nil {
		return err
	}
	defer func() { _ = flush(context.WithoutCancel(ctx)) }()
	began := time.Now()
	stores := g.Stores
	if parts := embeddedParts(stores); parts != 0 {
		stack, err := devstack.Start(ctx, devstack.Config{Dir: dir, Parts: parts, Log: stackLog(g.Log)})
		if err != nil {
			return fmt.Errorf("start the embedded stores: %w", err)
		}
		defer func() { _ = stack.Close() }()
		stores = withEndpoints(stores, stack.Endpoints())
	}
	log := cmd.logger(g.Log)
	open, err := worker.Open(ctx, stores, "dev", log)
	if err != nil {
		return err
	}
	defer open.Close()
	if !g.JSON {
		note("leat is ready in %s; data in %s", time.Since(began).Round(time.Millisecond), dir)
	}
	return cmd.work(ctx, g, open, cmd.ingestor(g, stores, dir), log)
}

// ingestor is the configuration of the workers: local paths are allowed, since
// whoever starts this command can read them anyway.
func (cmd *devCmd) ingestor(g *globals, stores config.Stores, dir string) config.Ingestor {
	git := cmd.Git
	git.AllowLocal = true
	if git.Dir == "" {
		git.Dir = filepath.Join(dir, "mirrors")
	}
	return config.Ingestor{
		Worker: config.Worker{Stores: stores, Log: g.Log, DrainTimeout: 5 * time.Second, InFlight: worker.DefaultInFlight},
		Git:    git,
		Filter: cmd.Filter,
	}
}

// work runs the four workers, and what was asked for beside them.
func (cmd *devCmd) work(ctx context.Context, g *globals, s *worker.Stores, cfg config.Ingestor, log *slog.Logger) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	workers, run := errgroup.WithContext(ctx)
	ingests := cfg
	ingests.InFlight = worker.DefaultIngests
	workers.Go(func() error { return worker.Ingest(run, s, ingests, log.With("worker", "ingestor")) })
	workers.Go(func() error { return worker.Embed(run, s, cfg.Worker, log.With("worker", "embedder")) })
	workers.Go(func() error { return worker.Index(run, s, cfg.Worker, log.With("worker", "indexer")) })
	workers.Go(func() error { return worker.Sync(run, s, log.With("worker", "syncer")) })

	answer := cmd.ingest(run, g, s)
	if answer == nil && !cmd.Once {
		if !g.JSON {
			note("waiting for submissions; end with Ctrl-C")
		}
		<-run.Done()
	}
	stop()
	if err := workers.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return answer
}

// ingest submits what is to be submitted and follows it to its end.
func (cmd *devCmd) ingest(ctx context.Context, g *globals, s *worker.Stores) error {
	if len(cmd.Submit) == 0 {
		return nil
	}
	var keys []catalog.SubmissionKey
	for _, repo := range cmd.Submit {
		key, err := submit(ctx, s.Broker, g.Tenant, repo, cmd.Ref)
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	patience := 0
	if cmd.Once {
		patience = oncePatience
	}
	err := follow(ctx, s.Catalog, g, keys, patience)
	if !cmd.Once && errors.Is(err, errNo) {
		return nil // it has been shown, and other work may come
	}
	return err
}

// logger keeps a person's screen free of what the progress shows already.
func (cmd *devCmd) logger(l config.Log) *slog.Logger {
	if l.Level == slog.LevelInfo && (onTerminal(os.Stderr) || cmd.Once) {
		l.Level = slog.LevelWarn
	}
	if l.Level > slog.LevelError {
		return slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	return l.Logger()
}
