package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Beside names generations that are not the active one: one by its number, or
// all of an embedder.
type Beside struct {
	Generation int64
	Embedder   int32
}

// DelayBeside records that generations beside the active one could not take a
// document, and when the next attempt is due. It returns the number of failed
// attempts, or 0 if none of the generations exists any more or the revision no
// longer stands. The document's own state belongs to the active generation, and
// stays.
func (gs *Generations) DelayBeside(ctx context.Context, in Beside, doc Current, reason string, b Backoff) (attempts int, err error) {
	counts, err := gs.query.DelayInGenerations(ctx, query.DelayInGenerationsParams{
		Generation: in.Generation, Embedder: in.Embedder, Document: doc.ID, Revision: doc.Revision, Reason: reasonOf(reason),
		First: b.First.Seconds(), Most: b.Most.Seconds(), AtLeast: b.AtLeast.Seconds(),
	})
	if err != nil {
		return 0, fmt.Errorf("record failure of document %s: %w", doc.ID, err)
	}
	for _, n := range counts {
		attempts = max(attempts, int(n))
	}
	return attempts, nil
}

// BuryBeside records a failure after which nothing is tried by itself.
func (gs *Generations) BuryBeside(ctx context.Context, in Beside, doc Current, reason string) error {
	err := gs.query.BuryInGenerations(ctx, query.BuryInGenerationsParams{
		Generation: in.Generation, Embedder: in.Embedder, Document: doc.ID, Revision: doc.Revision, Reason: reasonOf(reason),
	})
	if err != nil {
		return fmt.Errorf("record failure of document %s: %w", doc.ID, err)
	}
	return nil
}

// Failure is a document that a generation could not take, at one revision.
type Failure struct {
	Revision int64
	Later    bool // it is not due yet
	Buried   bool // it is never due by itself
}

// Failures returns the documents among docs that a generation could not take.
func (gs *Generations) Failures(ctx context.Context, generation int64, ids []uuid.UUID) (map[uuid.UUID]Failure, error) {
	rows, err := gs.query.GenerationFailures(ctx, generation, ids)
	if err != nil {
		return nil, fmt.Errorf("list failures of generation %d: %w", generation, err)
	}
	failures := make(map[uuid.UUID]Failure, len(rows))
	for _, r := range rows {
		failures[r.Document] = Failure{r.Revision, r.Later, r.Buried}
	}
	return failures, nil
}

// DropFailures forgets that a generation could not take documents: it has them.
func (gs *Generations) DropFailures(ctx context.Context, generation int64, ids []uuid.UUID) error {
	if err := gs.query.DropGenerationFailuresOf(ctx, generation, ids); err != nil {
		return fmt.Errorf("forget failures of generation %d: %w", generation, err)
	}
	return nil
}

// TakeOver makes the next step due of the documents that were under way, or had
// failed, when a generation became the active one. Documents that the generation
// could not take have now failed in the catalog too.
func (gs *Generations) TakeOver(ctx context.Context, g Generation, embedderChanged bool) error {
	if err := gs.query.HastenDocuments(ctx, embedderChanged); err != nil {
		return fmt.Errorf("hasten documents: %w", err)
	}
	if _, err := gs.query.TakeOverFailures(ctx, g.Number); err != nil {
		return fmt.Errorf("take over failures of generation %d: %w", g.Number, err)
	}
	return nil
}
