package service

import (
	"context"
	"fmt"
	"time"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/syncer/object"
	"github.com/leatworks/leat/pipeline/syncer/verify"
)

// A Mender does the part of a repair that needs more than the stores.
type Mender interface {
	// RepairObjects brings S3 in line with the catalog. It reads lost texts again if there is a
	// directory of mirrors.
	RepairObjects(ctx context.Context) (object.Repaired, error)
	// Publish hands due work to the workers.
	Publish(ctx context.Context) error
}

// settlePace is the pace of asking the catalog for documents under way.
const settlePace = 200 * time.Millisecond

// Repair brings objects and points in line with the catalog, and waits until the workers have done
// the work due for that. It changes only wrong things, so it may be repeated. If ctx ends before
// the workers are done, the error says what is left.
func (s *Service) Repair(ctx context.Context, r VerifyRequest) (did verify.Repaired, err error) {
	defer mark(&err)
	if s.cfg.Mender == nil {
		return did, &Error{Kind: Refused, Reason: "this process cannot repair: run 'leat verify --repair' on the stores"}
	}
	if err := s.check(ctx, r.Tenant, store.All); err != nil {
		return did, err
	}
	objects, err := s.cfg.Mender.RepairObjects(ctx)
	if err != nil {
		return did, err
	}
	if did, err = s.RepairPoints(ctx, r); err != nil {
		return did, err
	}
	did.RepairedPacks, did.DeletedObjects = objects.Packs, objects.Objects
	did.RequeuedDocuments += objects.Documents
	if did.RequeuedDocuments == 0 {
		return did, nil
	}
	if err := s.cfg.Mender.Publish(ctx); err != nil {
		return did, err
	}
	return did, s.awaitWorkers(ctx)
}

// awaitWorkers waits until no document is under way.
func (s *Service) awaitWorkers(ctx context.Context) error {
	ticker := time.NewTicker(settlePace)
	defer ticker.Stop()
	for left := int64(-1); ; {
		n, err := s.stores.Catalog.Gauges.OpenDocuments(ctx)
		switch {
		case err == nil && n == 0:
			return nil
		case err == nil:
			left = n
		case ctx.Err() == nil:
			return err
		}
		select {
		case <-ctx.Done():
			if left < 0 {
				return ctx.Err()
			}
			return &Error{Kind: Unavailable, Reason: fmt.Sprintf("documents are still under way (%s): the repair is complete when embedders and indexers have done them", number.Thousands(left))}
		case <-ticker.C:
		}
	}
}
