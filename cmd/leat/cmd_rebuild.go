package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/worker"
	"github.com/leatworks/leat/pipeline/catalog"
)

// rebuildCmd takes its embedding model from the flag that all commands have;
// without it the model stays.
type rebuildCmd struct {
	From   string `enum:"stream,catalog" default:"stream" help:"stream: replay the messages, then add what the catalog finds missing. catalog: go by the catalog at once, where a stream was lost or trimmed (${default})."`
	Wait   bool   `help:"Wait until the new generation serves searches. Exits 1 if it is cancelled."`
	Cancel bool   `help:"End the rebuild that is under way, and take away what it made."`
}

func (cmd *rebuildCmd) Run(ctx context.Context, g *globals) error {
	if cmd.Cancel {
		return (&generationsCancelCmd{}).Run(ctx, g)
	}
	parts := devstack.Postgres
	if cmd.Wait {
		parts = devstack.All
	}
	s, err := g.open(ctx, parts)
	if err != nil {
		return err
	}
	defer s.close()
	active, err := s.generation(ctx)
	if err != nil {
		return err
	}
	model, err := s.stores.OpenEmbedder(cmp.Or(g.Embedder, active.Embedder.Name), nil, g.quietLog().Logger(&g.screen))
	if err != nil {
		return err
	}
	made, err := s.catalog.Generations.Add(ctx, s.stores.Index, worker.ModelOf(model), cmd.From)
	if err != nil {
		return err
	}
	return g.awaitGeneration(ctx, s, made.Number, cmd.Wait)
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
	if len(s.closers) == 0 { // workers run elsewhere
		return follow(ctx)
	}
	log := g.quietLog().Logger(&g.screen)
	open, err := worker.Open(ctx, s.stores, "rebuild", log)
	if err != nil {
		return err
	}
	defer open.Close()
	return runWorkers(ctx, open, config.Ingestor{Worker: g.worker(s.stores)}, config.Upkeep{GenerationRetention: forever}, log, follow, false)
}

// followGeneration waits until a generation is active, or is not being built
// any more.
func (g *globals) followGeneration(ctx context.Context, s *session, number int64) error {
	ticker := time.NewTicker(followInterval)
	defer ticker.Stop()
	for last := time.Now(); ; {
		list, err := s.catalog.Generations.List(ctx)
		if err != nil {
			return err
		}
		now, err := generationNumbered(list, number)
		if err != nil || now.State != catalog.GenerationBuilding && (now.State != catalog.GenerationActive || now.Verified) {
			if showErr := showGeneration(ctx, g, s, number); showErr != nil {
				return showErr
			}
			if now.State != catalog.GenerationActive {
				return errNo
			}
			return nil
		}
		if !g.JSON && time.Since(last) >= lineInterval {
			last = time.Now()
			note("%s", newGenerationRow(now).progress())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

func generationNumbered(list []catalog.GenerationStatus, number int64) (catalog.GenerationStatus, error) {
	for _, g := range list {
		if g.Number == number {
			return g, nil
		}
	}
	return catalog.GenerationStatus{}, errors.New("no such generation")
}
