package main

import (
	"context"
	"fmt"
	"time"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/internal/worker"
	"github.com/leatworks/leat/pipeline/catalog"
)

// rebuildCmd takes its embedding model from a flag that all commands have. Without the
// flag the model stays.
type rebuildCmd struct {
	From   catalog.GenerationSource `enum:"stream,catalog" default:"stream" help:"stream: replay the messages, then add what the catalog finds missing. catalog: go by the catalog at once, where a stream was lost or trimmed (${default})."`
	Wait   bool                     `help:"Wait until the new generation serves searches. Exits 1 if it is cancelled."`
	Cancel bool                     `help:"End the rebuild that is under way, and take away what it made."`
}

func (cmd *rebuildCmd) Run(ctx context.Context, g *globals) error {
	if cmd.Cancel {
		return (&generationsCancelCmd{}).Run(ctx, g)
	}
	parts := store.Postgres
	if cmd.Wait {
		parts = store.All
	}
	s, err := g.ask(ctx, parts)
	if err != nil {
		return err
	}
	defer s.close()
	number, err := s.leat.Rebuild(ctx, service.RebuildRequest{Embedder: g.Embedder, From: cmd.From})
	if err != nil {
		return err
	}
	return g.awaitGeneration(ctx, s, number, cmd.Wait)
}

// awaitGeneration shows a generation that is being built, or waits until it is
// active.
func (g *globals) awaitGeneration(ctx context.Context, s *session, number int64, wait bool) error {
	if !wait {
		if err := showGeneration(ctx, g, s, number); err != nil || g.JSON {
			return err
		}
		fmt.Println("the index is swapped when it is complete; 'leat generations' shows how far it is")
		return nil
	}
	follow := func(ctx context.Context) error { return g.followGeneration(ctx, s, number) }
	if s.service == nil || len(s.closers) == 0 { // workers run elsewhere
		return follow(ctx)
	}
	log := g.quietLog().Logger(&g.screen)
	open, err := worker.Open(ctx, s.config, "rebuild", log)
	if err != nil {
		return err
	}
	defer open.Close()
	return runWorkers(ctx, open, config.Ingestor{Worker: g.worker(s.config)}, config.Upkeep{GenerationRetention: forever}, log, follow, false)
}

// followGeneration waits until a generation is active, or is not being built
// any more.
func (g *globals) followGeneration(ctx context.Context, s *session, number int64) error {
	last := time.Now()
	end, found, err := s.leat.AwaitGeneration(ctx, number, func(now service.Generation) {
		if !g.JSON && time.Since(last) >= lineInterval {
			last = time.Now()
			note("%s", generationProgress(now))
		}
	})
	if err != nil {
		return err
	}
	if err := showGeneration(ctx, g, s, number); err != nil {
		return err
	}
	if !found || !end.Active() {
		return errNo
	}
	return nil
}
