package embed

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

// Tokens are reserved by an estimate that is rarely below the truth: what is
// reserved too much is given back.
const (
	bytesPerToken = 2
	extraTokens   = 4
)

// afford leaves out the documents of tenants whose budget of the day is spent:
// they are published again when the next day begins. settle tells the budgets
// what was spent instead of what was reserved for the documents.
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
		budget := s.cfg.Budget(tenant)
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

// admit reserves what documents will take, and postpones those for which the
// budget is too small. Documents are tried in halves, so that one too many does
// not keep the others.
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

// estimate is how many tokens the texts take that the documents lack.
func (s *Step) estimate(ctx context.Context, docs []catalog.Document) (int64, error) {
	missing, err := s.stored.Missing(ctx, catalog.Chunkings(docs), s.id)
	if err != nil {
		return 0, err
	}
	seen := make(map[[32]byte]bool, len(missing))
	tokens := int64(0)
	for _, t := range missing {
		if !seen[t.SHA256] {
			tokens += int64(t.EndByte-t.StartByte)/bytesPerToken + extraTokens
		}
		seen[t.SHA256] = true
	}
	return tokens, nil
}

// postpone has a document wait for the next day's budget. Not all come back in
// its first second.
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
		// If it cannot be told, what was reserved counts as spent.
		_, _ = s.usage.Spend(ctx, tenant, more, float64(more)*s.meter.price, catalog.Budget{})
	}
}
