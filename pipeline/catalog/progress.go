package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Current names the revision of a document that a write is meant for.
type Current struct {
	ID       uuid.UUID
	Revision int64
}

// Current names the revision that the document has here.
func (d Document) Current() Current { return Current{d.ID, d.Revision} }

// MarkEmbedded records that every chunk of these revisions has its vector of an
// embedder. This changes the documents if the embedder is the active generation's.
func (c *Core) MarkEmbedded(ctx context.Context, embedder int32, docs []Current) error {
	ids, revisions := split(docs)
	err := c.query.MarkEmbedded(ctx, query.MarkEmbeddedParams{Lease: c.lease.Seconds(), Embedder: embedder, Ids: ids, Revisions: revisions})
	if err != nil {
		return fmt.Errorf("mark %d documents embedded: %w", len(docs), err)
	}
	return nil
}

// MarkIndexed records that a generation holds these revisions' points and no older
// ones. It returns the documents that it marked. It marks those whose revision still
// stands and whose track is awake, and none if the generation is not the active one.
func (c *Core) MarkIndexed(ctx context.Context, generation int64, docs []Current) ([]uuid.UUID, error) {
	return c.mark(ctx, c.marker(false), generation, docs, "indexed")
}

// MarkAsleep records that a generation holds no points of these documents, whose track is
// dormant. It returns the documents that it marked, as MarkIndexed does.
func (c *Core) MarkAsleep(ctx context.Context, generation int64, docs []Current) ([]uuid.UUID, error) {
	return c.mark(ctx, c.marker(true), generation, docs, "asleep")
}

func (c *Core) marker(asleep bool) func(context.Context, int64, []uuid.UUID, []int64) ([]uuid.UUID, error) {
	return func(ctx context.Context, generation int64, ids []uuid.UUID, revisions []int64) ([]uuid.UUID, error) {
		return c.query.MarkIndexed(ctx, query.MarkIndexedParams{Ids: ids, Asleep: asleep, Revisions: revisions, Generation: generation})
	}
}

// MarkCleared records that a generation holds no point of these skipped documents.
func (c *Core) MarkCleared(ctx context.Context, generation int64, docs []Current) ([]uuid.UUID, error) {
	return c.mark(ctx, c.query.MarkCleared, generation, docs, "cleared")
}

// DropRemoved forgets removed documents whose points are gone from a generation.
func (c *Core) DropRemoved(ctx context.Context, generation int64, docs []Current) ([]uuid.UUID, error) {
	drop := func(ctx context.Context, generation int64, ids []uuid.UUID, revisions []int64) ([]uuid.UUID, error) {
		return c.query.DropRemoved(ctx, ids, revisions, generation)
	}
	return c.mark(ctx, drop, generation, docs, "dropped")
}

func (c *Core) mark(ctx context.Context, statement func(context.Context, int64, []uuid.UUID, []int64) ([]uuid.UUID, error), generation int64, docs []Current, as string) ([]uuid.UUID, error) {
	if len(docs) == 0 {
		return nil, nil
	}
	ids, revisions := split(docs)
	marked, err := statement(ctx, generation, ids, revisions)
	if err != nil {
		return nil, fmt.Errorf("mark %d documents %s: %w", len(docs), as, err)
	}
	return marked, nil
}

// Backoff says when a failed attempt is tried again: after First, doubled for each
// attempt before it up to Most, less a random part of at most half. So attempts that
// failed together do not return together. It is never before AtLeast.
type Backoff struct {
	First, Most, AtLeast time.Duration
}

// DelayDocument records a failed attempt and when the next is due. It returns how many
// have failed, or 0 if the revision no longer stands.
func (c *Core) DelayDocument(ctx context.Context, doc Current, reason string, b Backoff) (attempts int, err error) {
	n, err := c.query.FailDocument(ctx, query.FailDocumentParams{
		ID: doc.ID, Revision: doc.Revision, Reason: reasonOf(reason),
		First: b.First.Seconds(), Most: b.Most.Seconds(), AtLeast: b.AtLeast.Seconds(),
	})
	if noRows(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("record failure of document %s: %w", doc.ID, err)
	}
	return int(n), nil
}

// BuryDocument records a failure after which nothing is tried by itself.
func (c *Core) BuryDocument(ctx context.Context, doc Current, reason string) error {
	if err := c.query.BuryDocument(ctx, reasonOf(reason), doc.ID, doc.Revision); err != nil {
		return fmt.Errorf("record failure of document %s: %w", doc.ID, err)
	}
	return nil
}

// OwedDocuments lists up to most documents whose due time has passed.
func (c *Core) OwedDocuments(ctx context.Context, most int) ([]uuid.UUID, error) {
	ids, err := c.query.OwedDocuments(ctx, int32(most))
	if err != nil {
		return nil, fmt.Errorf("load owed documents: %w", err)
	}
	return ids, nil
}

// Lease puts off the due times of these documents, because work on them is under way.
func (c *Core) Lease(ctx context.Context, ids []uuid.UUID) error {
	if err := c.query.LeaseDocuments(ctx, c.lease.Seconds(), ids); err != nil {
		return fmt.Errorf("lease %d documents: %w", len(ids), err)
	}
	return nil
}

// Postpone has the work of documents published again after a while. It does not count as
// a failed attempt.
func (c *Core) Postpone(ctx context.Context, docs []Current, wait time.Duration) error {
	ids, revisions := split(docs)
	if err := c.query.PostponeDocuments(ctx, wait.Seconds(), ids, revisions); err != nil {
		return fmt.Errorf("postpone %d documents: %w", len(docs), err)
	}
	return nil
}

func split(docs []Current) (ids []uuid.UUID, revisions []int64) {
	for _, d := range docs {
		ids = append(ids, d.ID)
		revisions = append(revisions, d.Revision)
	}
	return ids, revisions
}
