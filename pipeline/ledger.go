package pipeline

import (
	"context"
	"encoding/json"
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

// currentOf reads which document, at which revision, an event is about.
func currentOf(m Message) (catalog.Current, bool) {
	var d events.Document
	if json.Unmarshal(m.Data, &d) != nil {
		return catalog.Current{}, false
	}
	id, err := uuid.Parse(d.Document)
	return catalog.Current{ID: id, Revision: d.Revision}, err == nil
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
	if tokens := strings.Split(m.On, "."); len(tokens) >= 4 {
		return tokens[len(tokens)-3] // leat.document.….TENANT.REPOSITORY.DOCUMENT
	}
	return ""
}
