package point

import (
	"context"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

// Repaired is the result of a repair.
type Repaired struct {
	Deleted  int64 // points that should not have been there
	Missing  int64 // points that the requeued documents lack
	Requeued int64 // documents handed to the indexer
}

// Repair deletes the points that should not be there. Then it hands documents that
// lack a point to the indexer, which writes the point from the stored vector. In this
// order a point that was deleted while its document changed is found missing. With an
// error Repair also returns what it did before.
func (c Comparison) Repair(ctx context.Context) (did Repaired, err error) {
	for page, err := range c.Marks(ctx, uuid.Nil) {
		if err != nil {
			return did, err
		}
		deleted, err := c.DeleteMisplaced(ctx, page)
		did.Deleted += deleted
		if err != nil {
			return did, err
		}
	}
	for page, err := range c.Contents(ctx) {
		if err != nil {
			return did, err
		}
		if err := c.requeue(ctx, page, &did); err != nil {
			return did, err
		}
	}
	return did, nil
}

// requeue hands the documents of a page that lack a point to the indexer.
func (c Comparison) requeue(ctx context.Context, page []catalog.Content, did *Repaired) error {
	list, err := c.Lacking(ctx, page)
	if err != nil || len(list) == 0 {
		return err
	}
	docs := make([]catalog.Current, len(list))
	for i, d := range list {
		docs[i] = catalog.Current{ID: d.ID, Revision: d.Revision}
		did.Missing += int64(len(d.Missing))
	}
	requeued, err := c.Documents.Requeue(ctx, docs)
	did.Requeued += int64(requeued)
	return err
}

// DeleteMisplaced deletes the points among some that should not be there, and
// returns their number.
func (c Comparison) DeleteMisplaced(ctx context.Context, marks []vector.Mark) (int64, error) {
	wrong, err := c.Misplaced(ctx, marks)
	if err != nil || len(wrong) == 0 {
		return 0, err
	}
	marks = make([]vector.Mark, len(wrong))
	for i, m := range wrong {
		marks[i] = m.Mark
	}
	if err := c.Points.DeleteMarked(ctx, c.Collection, marks); err != nil {
		return 0, err
	}
	return int64(len(marks)), nil
}
