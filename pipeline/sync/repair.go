package sync

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

// Repaired is what a repair did.
type Repaired struct {
	DeletedPoints     int64 `json:"deleted_points"`
	RequeuedDocuments int64 `json:"requeued_documents"`
	RepairedPacks     int64 `json:"repaired_packs"`
	DeletedObjects    int64 `json:"deleted_objects"`
}

// Repair brings the points in scope in line with the catalog: it deletes those
// that should not be there, then hands the documents that lack one to the
// indexer. In this order a point that was deleted while its document changed
// is found missing. Objects are not touched.
func (v *Verifier) Repair(ctx context.Context, scope Scope) (Repaired, error) {
	var did Repaired
	if err := v.deleteWrong(ctx, scope, &did); err != nil {
		return did, err
	}
	return did, v.requeue(ctx, scope.Repositories, &did)
}

func (v *Verifier) deleteWrong(ctx context.Context, scope Scope, did *Repaired) error {
	var page []vector.Point
	flush := func() error {
		wrong, err := v.wrong(ctx, page)
		page = page[:0]
		if err != nil || len(wrong) == 0 {
			return err
		}
		did.DeletedPoints += int64(len(wrong))
		return v.Points.DeletePoints(ctx, v.Generation.Collection, wrong)
	}
	for p, err := range scope.points(ctx, v.Points, v.Generation.Collection, false) {
		if err != nil {
			return err
		}
		if page = append(page, p); len(page) == pageSize {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// wrong picks the points that are stale or orphans.
func (v *Verifier) wrong(ctx context.Context, page []vector.Point) ([]uuid.UUID, error) {
	ids := make(map[uuid.UUID]bool)
	for _, p := range page {
		ids[p.Payload.Document] = true
	}
	list, err := v.Catalog.ContentsOf(ctx, slices.Collect(maps.Keys(ids)))
	if err != nil {
		return nil, err
	}
	docs := make(map[uuid.UUID]catalog.Content, len(list))
	for _, d := range list {
		docs[d.ID] = d
	}
	var wrong []uuid.UUID
	for _, p := range page {
		if d, known := docs[p.Payload.Document]; !known || !expected(d, p) {
			wrong = append(wrong, p.ID)
		}
	}
	return wrong, nil
}

func (v *Verifier) requeue(ctx context.Context, repositories []uuid.UUID, did *Repaired) error {
	for after := uuid.Nil; ; {
		page, err := v.Catalog.Contents(ctx, repositories, after, pageSize)
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].ID
		owners := make(map[uuid.UUID]catalog.Current)
		var ids []uuid.UUID
		for _, d := range page {
			if d.State != catalog.StateIndexed {
				continue
			}
			for i := range d.Chunks {
				id := events.PointID(d.ID, d.Blob, d.Chunker, i)
				owners[id] = catalog.Current{ID: d.ID, Revision: d.Revision}
				ids = append(ids, id)
			}
		}
		missing, err := v.Points.Missing(ctx, v.Generation.Collection, ids)
		if err != nil {
			return err
		}
		lacking := make(map[catalog.Current]bool)
		for _, id := range missing {
			lacking[owners[id]] = true
		}
		requeued, err := v.Catalog.Requeue(ctx, slices.Collect(maps.Keys(lacking)))
		if err != nil {
			return err
		}
		did.RequeuedDocuments += int64(requeued)
	}
}
