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

// A Mender does the part of a repair that takes more than the stores.
type Mender interface {
	// RepairObjects brings S3 in line with the catalog. Texts that are lost are read again
	// where there is a directory of mirrors.
	RepairObjects(ctx context.Context) (object.Repaired, error)
	// Publish gives workers what is due.
	Publish(ctx context.Context) error
}

// settlePace is the pace of asking the catalog for documents under way.
const settlePace = 200 * time.Millisecond

// Repair brings objects and points in line with the catalog, and waits until workers have
// done what is due for that. It changes what is wrong and nothing else, so it may be asked
// again. If ctx ends before the workers are done, the error says what is left.
func (s *Service) Repair(ctx context.Context, r VerifyRequest) (did verify.Repaired, err error) {
	defer mark(&err)
	if s.cfg.Mender == nil {
		return did, &Error{Kind: Refused, Reason: "nothing can be repaired here: run 'leat verify --repair' on the stores"}
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
			return &Error{Kind: Unavailable, Reason: fmt.Sprintf("documents are still under way (%s): they are mended when embedders and indexers have done them", number.Thousands(left))}
		case <-ticker.C:
		}
	}
}
