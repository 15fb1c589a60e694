package main

import (
	"context"
	"fmt"
	"time"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/worker"
	"github.com/leatworks/leat/pipeline/syncer/verify"
)

// repair mends the objects and the points in scope with workers of its own; others may
// run beside them. It returns when no document and no symbol graph is under way any
// more.
func (cmd *verifyCmd) repair(ctx context.Context, g *globals, s *session, request service.VerifyRequest) (did verify.Repaired, err error) {
	if s.service == nil { // a gateway: its workers do it
		if did, err = s.leat.Repair(ctx, request); err == nil {
			noteRepaired(g, did)
		}
		return did, err
	}
	log := g.quietLog().Logger(&g.screen)
	open, err := worker.Open(ctx, s.config, "repair", log)
	if err != nil {
		return did, err
	}
	defer open.Close()
	if err := cmd.repairObjects(ctx, g, s, open, &did); err != nil {
		return did, err
	}
	points, err := s.service.RepairPoints(ctx, request)
	if err != nil {
		return did, err
	}
	did.DeletedPoints, did.GraphFiles = points.DeletedPoints, points.GraphFiles
	did.RequeuedDocuments += points.RequeuedDocuments
	noteRepaired(g, did)
	if err := worker.MakeGraphs(ctx, open, cmd.Parser, log); err != nil {
		return did, err
	}
	if did.RequeuedDocuments == 0 {
		return did, nil
	}
	cfg := config.Ingestor{Worker: g.worker(s.config)}
	return did, runWorkers(ctx, open, cfg, config.Upkeep{GenerationRetention: forever}, log, func(ctx context.Context) error {
		if err := worker.SyncOnce(ctx, open, log); err != nil {
			return fmt.Errorf("queue documents: %w", err)
		}
		return g.settle(ctx, open)
	}, false)
}

func noteRepaired(g *globals, did verify.Repaired) {
	if g.JSON {
		return
	}
	note("%s repaired, %s and %s deleted, %s queued", count(did.RepairedPacks, "object", "objects"), count(did.DeletedObjects, "object", "objects"),
		count(did.DeletedPoints, "point", "points"), count(did.RequeuedDocuments, "document", "documents"))
	if did.GraphFiles > 0 {
		note("%s of symbol graphs made anew", count(did.GraphFiles, "file", "files"))
	}
}

func (cmd *verifyCmd) repairObjects(ctx context.Context, g *globals, s *session, open *worker.Stores, did *verify.Repaired) error {
	cfg := config.Syncer{Worker: g.worker(s.config), Git: cmd.Git}
	if embeddedParts(g.Stores) != 0 {
		dir, err := g.dataDir()
		if err != nil {
			return err
		}
		cfg.Git = localGit(cmd.Git, dir)
	}
	repaired, err := open.RepairObjects(ctx, cfg, g.Logger(&g.screen))
	did.RepairedPacks, did.DeletedObjects = repaired.Packs, repaired.Objects
	did.RequeuedDocuments += repaired.Documents
	return err
}

// settleInterval is the pace of asking the catalog for documents under way.
const settleInterval = 100 * time.Millisecond

// settle waits until no document is under way.
func (g *globals) settle(ctx context.Context, s *worker.Stores) error {
	ticker := time.NewTicker(settleInterval)
	defer ticker.Stop()
	for last := time.Now(); ; {
		left, err := s.Catalog.Gauges.OpenDocuments(ctx)
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
