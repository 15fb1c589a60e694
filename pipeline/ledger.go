package pipeline

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
)

// DocumentLedger records failures of events about a document.
type DocumentLedger struct{ Catalog *catalog.Catalog }

var _ Ledger = DocumentLedger{}

// Delay implements Ledger.
func (l DocumentLedger) Delay(ctx context.Context, m Message, reason string, b catalog.Backoff) (int, error) {
	doc, ok := currentOf(m)
	if !ok {
		return maxAttempts, nil // nothing to record it on: the dead letter is all there is
	}
	return l.Catalog.DelayDocument(ctx, doc, reason, b)
}

// Bury implements Ledger.
func (l DocumentLedger) Bury(ctx context.Context, m Message, reason string) error {
	doc, ok := currentOf(m)
	if !ok {
		return nil
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
