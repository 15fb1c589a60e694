package syncer

import (
	"context"

	"github.com/google/uuid"

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

// Repair brings the points in scope in line with the catalog, as the syncer
// does at its interval. Objects are not touched.
func (v *Verifier) Repair(ctx context.Context, scope Scope) (Repaired, error) {
	did, _, err := v.comparison(scope).repair(ctx)
	return did, err
}

// repair deletes the points that should not be there, then hands the documents
// that lack one to the indexer, which writes them from the stored vectors. In
// this order a point that was deleted while its document changed is found
// missing. It counts the missing points, too.
func (c comparison) repair(ctx context.Context) (did Repaired, missing int64, err error) {
	for page, err := range c.marks(ctx, uuid.Nil) {
		if err != nil {
			return did, 0, err
		}
		if err := c.deleteWrong(ctx, page, &did); err != nil {
			return did, 0, err
		}
	}
	for page, err := range c.contents(ctx) {
		if err != nil {
			return did, missing, err
		}
		list, err := c.lackingAmong(ctx, page)
		if err != nil {
			return did, missing, err
		}
		docs := make([]catalog.Current, len(list))
		for i, d := range list {
			docs[i] = catalog.Current{ID: d.ID, Revision: d.Revision}
			missing += int64(len(d.missing))
		}
		if len(docs) == 0 {
			continue
		}
		requeued, err := c.catalog.Requeue(ctx, docs)
		if err != nil {
			return did, missing, err
		}
		did.RequeuedDocuments += int64(requeued)
	}
	return did, missing, nil
}

func (c comparison) deleteWrong(ctx context.Context, marks []vector.Mark, did *Repaired) error {
	wrong, err := c.misplacedAmong(ctx, marks)
	if err != nil || len(wrong) == 0 {
		return err
	}
	marks = make([]vector.Mark, len(wrong))
	for i, m := range wrong {
		marks[i] = m.Mark
	}
	if err := c.points.DeleteMarked(ctx, c.collection, marks); err != nil {
		return err
	}
	did.DeletedPoints += int64(len(marks))
	return nil
}
