package main

import (
	"context"
	"fmt"
	"time"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/worker"
	"github.com/leatworks/leat/pipeline/sync"
)

// repair mends the points in scope, with workers of its own: others may run
// beside them. It returns when no document is under way any more.
func (g *globals) repair(ctx context.Context, s *session, v sync.Verifier, scope sync.Scope) (did sync.Repaired, err error) {
	log := g.quietLog().Logger(&g.screen)
	open, err := worker.Open(ctx, s.stores, "repair", log)
	if err != nil {
		return did, err
	}
	defer open.Close()
	if did, err = v.Repair(ctx, scope); err != nil {
		return did, err
	}
	if !g.JSON {
		note("%s deleted, %s queued", count(did.DeletedPoints, "point", "points"), count(did.RequeuedDocuments, "document", "documents"))
	}
	if did.RequeuedDocuments == 0 {
		return did, nil
	}
	cfg := config.Ingestor{Worker: g.worker(s.stores)}
	return did, runWorkers(ctx, open, cfg, log, func(ctx context.Context) error {
		if err := worker.SyncOnce(ctx, open, log); err != nil {
			return fmt.Errorf("queue documents: %w", err)
		}
		return g.settle(ctx, open)
	}, false)
}

// settle waits until no document is under way.
func (g *globals) settle(ctx context.Context, s *worker.Stores) error {
	ticker := time.NewTicker(followInterval)
	defer ticker.Stop()
	for last := time.Now(); ; {
		left, err := s.Catalog.OpenDocuments(ctx)
		if err != nil || left == 0 {
			return err
		}
		if !g.JSON && time.Since(last) >= lineInterval {
			last = time.Now()
			note("%s left", count(left, "document", "documents"))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
