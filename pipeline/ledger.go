package pipeline

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
)

// DocumentLedger records failures of events about a document: those of the
// active generation, or of its embedder, as the document's own, the others
// beside it. A model that is tried out fails no document that can be searched.
type DocumentLedger struct {
	Catalog *catalog.Catalog
	Of      catalog.Beside // the generation, or the embedder, whose events these are; none: the active one
}

var _ Ledger = DocumentLedger{}

// beside says whether the events are not of the active generation.
func (l DocumentLedger) beside(ctx context.Context) (bool, error) {
	if l.Of == (catalog.Beside{}) {
		return false, nil
	}
	active, err := l.Catalog.Generations.Active(ctx)
	return err == nil && active.Number != l.Of.Generation && active.Embedder.ID != l.Of.Embedder, err
}

// Delay implements Ledger.
func (l DocumentLedger) Delay(ctx context.Context, m Message, reason string, b catalog.Backoff) (int, error) {
	doc, ok := currentOf(m)
	if !ok {
		return maxAttempts, nil // nothing to record it on: the dead letter is all there is
	}
	switch beside, err := l.beside(ctx); {
	case err != nil:
		return 0, err
	case beside:
		return l.Catalog.Generations.DelayBeside(ctx, l.Of, doc, reason, b)
	}
	return l.Catalog.DelayDocument(ctx, doc, reason, b)
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
		return l.Catalog.Generations.BuryBeside(ctx, l.Of, doc, reason)
	}
	return l.Catalog.BuryDocument(ctx, doc, reason)
}

// currentOf reads which document, at which revision, an event is about. One
// that cannot be understood is about none: it must not fail the document that
// it claims to be about.
func currentOf(m Message) (catalog.Current, bool) {
	var d events.Document
	var err error
	switch m.Type {
	case events.TypeDocumentChunked:
		data, bad := m.ParseChunked()
		d, err = data.Document, bad
	case events.TypeDocumentEmbedded:
		data, bad := m.ParseEmbedded()
		d, err = data.Document, bad
	case events.TypeDocumentRemoved:
		data, bad := m.ParseRemoved()
		d, err = data.Document, bad
	default:
		return catalog.Current{}, false
	}
	if err != nil {
		return catalog.Current{}, false
	}
	return catalog.Current{ID: uuid.MustParse(d.Document), Revision: d.Revision}, true
}

func documentOf(m Message) *uuid.UUID {
	if doc, ok := currentOf(m); ok {
		return &doc.ID
	}
	return nil
}

// tenantOf reads the tenant from the subject, which permissions guard; the
// data is only what its publisher says.
func tenantOf(m Message) string {
	if tenant, err := events.SubmittedTenant(m.On); err == nil {
		return tenant
	}
	if tokens := strings.Split(m.On, "."); len(tokens) >= 5 && strings.HasPrefix(m.On, "leat.document.") {
		return tokens[len(tokens)-3] // leat.document.….TENANT.REPOSITORY.DOCUMENT
	}
	return ""
}
