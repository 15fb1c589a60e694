package embed

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
)

// The estimate by which tokens are reserved. It is rarely too low, and settle gives back the excess.
const (
	bytesPerToken = 2
	extraTokens   = 4
)

// afford returns the documents that the budgets allow. It postpones the others, of tenants that have spent their
// budget of the day, until the next day begins. settle replaces the tokens reserved for the documents by the tokens
// spent.
func (s *Step) afford(ctx context.Context, docs []catalog.Document) (_ []catalog.Document, settle func(), err error) {
	if s.cfg.Budget == nil || s.remote == nil {
		return docs, func() {}, nil
	}
	reserved := make(map[string]int64)
	settle = func() { s.settleBudgets(ctx, reserved) }
	defer func() {
		if err != nil {
			settle()
		}
	}()
	byTenant := make(map[string][]catalog.Document)
	for _, d := range docs {
		byTenant[d.Tenant] = append(byTenant[d.Tenant], d)
	}
	var affordable []catalog.Document
	for tenant, list := range byTenant {
		budget, err := s.cfg.Budget(ctx, tenant)
		if err != nil {
			return nil, nil, err
		}
		if budget == (catalog.Budget{}) {
			affordable = append(affordable, list...)
			continue
		}
		admitted, tokens, err := s.admit(ctx, tenant, budget, list)
		reserved[tenant] += tokens
		if err != nil {
			return nil, nil, err
		}
		affordable = append(affordable, admitted...)
	}
	return affordable, settle, nil
}

// admit reserves the tokens that documents will take, and postpones the documents that exceed the budget. It halves a
// batch that exceeds the budget, so that the rest of the batch is not postponed too.
func (s *Step) admit(ctx context.Context, tenant string, budget catalog.Budget, docs []catalog.Document) (admitted []catalog.Document, tokens int64, err error) {
	estimate, err := s.estimate(ctx, docs)
	if err != nil {
		return nil, 0, err
	}
	if estimate == 0 {
		return docs, 0, nil
	}
	fits, err := s.usage.Spend(ctx, tenant, estimate, float64(estimate)*s.meter.price, budget)
	switch {
	case err != nil:
		return nil, 0, err
	case fits:
		return docs, estimate, nil
	case len(docs) == 1:
		return nil, 0, s.postpone(ctx, docs[0])
	}
	for _, half := range [][]catalog.Document{docs[:len(docs)/2], docs[len(docs)/2:]} {
		some, more, err := s.admit(ctx, tenant, budget, half)
		admitted, tokens = append(admitted, some...), tokens+more
		if err != nil {
			return nil, tokens, err
		}
	}
	return admitted, tokens, nil
}

// estimate returns the number of tokens of the texts for which the documents lack a vector.
func (s *Step) estimate(ctx context.Context, docs []catalog.Document) (int64, error) {
	missing, err := s.stored.Missing(ctx, catalog.Chunkings(docs), s.id, embedder.TermsVersion)
	if err != nil {
		return 0, err
	}
	seen := make(map[[32]byte]bool, len(missing))
	tokens := int64(0)
	for _, t := range missing {
		if !seen[t.SHA256] && !t.Embedded() {
			tokens += int64(t.EndByte-t.StartByte)/bytesPerToken + extraTokens
		}
		seen[t.SHA256] = true
	}
	return tokens, nil
}

// postpone lets a document wait for the budget of the next day. The documents come back spread over its first minute.
func (s *Step) postpone(ctx context.Context, d catalog.Document) error {
	now := time.Now().UTC()
	tomorrow := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, time.UTC)
	wait := tomorrow.Sub(now) + rand.N(time.Minute)
	if err := s.documents.Postpone(ctx, []catalog.Current{d.Current()}, wait); err != nil {
		return fmt.Errorf("budget of %s is spent: %w", d.Tenant, err)
	}
	return nil
}

func (s *Step) settleBudgets(ctx context.Context, reserved map[string]int64) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseLimit)
	defer cancel()
	for tenant, tokens := range reserved {
		more := s.meter.spend(tenant) - tokens
		// If this fails, the reserved tokens count as spent.
		_, _ = s.usage.Spend(ctx, tenant, more, float64(more)*s.meter.price, catalog.Budget{})
	}
}
