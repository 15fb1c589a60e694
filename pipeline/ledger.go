package pipeline

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Documents records failures on the documents themselves. The catalog implements it.
type Documents interface {
	DelayDocument(ctx context.Context, doc catalog.Current, reason string, b catalog.Backoff) (attempts int, err error)
	BuryDocument(ctx context.Context, doc catalog.Current, reason string) error
}

// DocumentLedger records failures of events about a document. It records them on
// the document if the events belong to the active generation or its embedder, and
// beside the document otherwise: a model on trial must not fail a document that
// can be searched.
type DocumentLedger struct {
	Documents   Documents
	Generations *catalog.Generations
	Of          catalog.Beside // the generation, or the embedder, that the events belong to; default: the active one
}

var _ Ledger = DocumentLedger{}

// beside reports whether the events belong to a generation other than the active one.
func (l DocumentLedger) beside(ctx context.Context) (bool, error) {
	if l.Of == (catalog.Beside{}) {
		return false, nil
	}
	active, err := l.Generations.Active(ctx)
	return err == nil && active.Number != l.Of.Generation && active.Embedder.ID != l.Of.Embedder, err
}

// Delay implements Ledger.
func (l DocumentLedger) Delay(ctx context.Context, m Message, reason string, b catalog.Backoff) (int, error) {
	doc, ok := currentOf(m)
	if !ok {
		return maxAttempts, nil // there is no row to record it on: the dead letter is the only record
	}
	switch beside, err := l.beside(ctx); {
	case err != nil:
		return 0, err
	case beside:
		return l.Generations.DelayBeside(ctx, l.Of, doc, reason, b)
	}
	return l.Documents.DelayDocument(ctx, doc, reason, b)
}

// Bury implements Ledger.
func (l DocumentLedger) Bury(ctx context.Context, m Message, reason string) error {
	doc, ok := currentOf(m)
	if !ok {
		return nil
	}
	switch beside, err := l.beside(ctx); {
	case err != nil:
		return err
	case beside:
		return l.Generations.BuryBeside(ctx, l.Of, doc, reason)
	}
	return l.Documents.BuryDocument(ctx, doc, reason)
}

// currentOf returns the document and the revision that an event asks to work on.
// An event with a problem asks for no work: it must not fail the document that it
// claims to concern. A document.indexed asks for none either, because it reports
// finished work.
func currentOf(m Message) (catalog.Current, bool) {
	d, is := documentOf(m.data)
	if !is || m.Type == events.TypeDocumentIndexed {
		return catalog.Current{}, false
	}
	return catalog.Current{ID: uuid.MustParse(d.Document), Revision: d.Revision}, true
}

func documentIDOf(m Message) *uuid.UUID {
	if doc, ok := currentOf(m); ok {
		return &doc.ID
	}
	return nil
}

// tenantOf reads the tenant from the subject, which permissions guard. The data is
// only its publisher's claim.
func tenantOf(m Message) string {
	if tenant, err := events.SubmittedTenant(m.On); err == nil {
		return tenant
	}
	if tokens := strings.Split(m.On, "."); len(tokens) >= 5 && strings.HasPrefix(m.On, "leat.document.") {
		return tokens[len(tokens)-3] // leat.document.….TENANT.REPOSITORY.DOCUMENT
	}
	return ""
}
