package catalog

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Usage accounts for embedding and limits it, by claims on texts, budgets of tenants and
// rates of embedders.
type Usage struct{ *store }

// Consumption is the usage of an embedder for a repository.
type Consumption struct {
	Tenant     string
	Repository uuid.UUID // Nil: the tenant's searches
	Texts      int64
	Cached     int64 // chunks whose text had a vector already
	Tokens     int64
	Requests   float64 // each text's share of them
	Retries    int64
	Waited     time.Duration
	Cost       float64 // in the currency of the price table
}

// Add adds to the usage of today, by UTC.
func (us *Usage) Add(ctx context.Context, embedder int32, list []Consumption) error {
	p := query.AddUsageParams{Embedder: embedder}
	for _, u := range sorted(list, func(a, b Consumption) int {
		return cmp.Or(strings.Compare(a.Tenant, b.Tenant), bytes.Compare(a.Repository[:], b.Repository[:]))
	}) {
		p.Tenants = append(p.Tenants, u.Tenant)
		p.Repositories = append(p.Repositories, u.Repository)
		p.Texts = append(p.Texts, u.Texts)
		p.Cached = append(p.Cached, u.Cached)
		p.Tokens = append(p.Tokens, u.Tokens)
		p.Requests = append(p.Requests, u.Requests)
		p.Retries = append(p.Retries, u.Retries)
		p.Waited = append(p.Waited, u.Waited.Seconds())
		p.Costs = append(p.Costs, u.Cost)
	}
	if err := us.query.AddUsage(ctx, p); err != nil {
		return fmt.Errorf("add usage of %d repositories: %w", len(list), err)
	}
	if err := us.query.DropExpiredClaims(ctx); err != nil {
		return fmt.Errorf("drop expired claims: %w", err)
	}
	return nil
}

// DropOld deletes usage that is older than a number of days, and the budgets of
// days that are over. It returns the number of rows.
func (us *Usage) DropOld(ctx context.Context, days int) (int64, error) {
	usage, err := us.query.DropOldUsage(ctx, int32(days))
	if err != nil {
		return 0, fmt.Errorf("drop old usage: %w", err)
	}
	spent, err := us.query.DropOldSpending(ctx)
	if err != nil {
		return usage, fmt.Errorf("drop old spending: %w", err)
	}
	return usage + spent, nil
}

// EmbedderConsumption is the usage of one embedder for a repository.
type EmbedderConsumption struct {
	Embedder string
	URL      string // "": the repository was forgotten
	Consumption
}

// List sums up a tenant's last days, today being one.
func (us *Usage) List(ctx context.Context, tenant string, days int) ([]EmbedderConsumption, error) {
	rows, err := us.query.LoadUsage(ctx, tenant, int32(days))
	if err != nil {
		return nil, fmt.Errorf("load usage of %s: %w", tenant, err)
	}
	list := make([]EmbedderConsumption, len(rows))
	for i, r := range rows {
		list[i] = EmbedderConsumption{r.Embedder, r.Url, Consumption{
			Tenant: tenant, Repository: r.Repository, Texts: r.Texts, Cached: r.Cached, Tokens: r.Tokens, Requests: r.Requests,
			Retries: r.Retries, Waited: time.Duration(r.Waited * float64(time.Second)), Cost: r.Cost,
		}}
	}
	return list, nil
}

// Budget is the most that a tenant may spend on a UTC day; 0 is no bound.
type Budget struct {
	Tokens int64
	Cost   float64
}

// Spend adds to the amount that a tenant has spent today. If that would pass the
// budget, it adds nothing and returns false.
func (us *Usage) Spend(ctx context.Context, tenant string, tokens int64, cost float64, most Budget) (bool, error) {
	p := query.SpendParams{Tenant: tenant, Tokens: tokens, Cost: cost, MostTokens: most.Tokens, MostCost: most.Cost}
	if most.Tokens == 0 {
		p.MostTokens = math.MaxInt64
	}
	if most.Cost == 0 {
		p.MostCost = math.Inf(1)
	}
	n, err := us.query.Spend(ctx, p)
	if err != nil {
		return false, fmt.Errorf("spend %d tokens of %s: %w", tokens, tenant, err)
	}
	return n > 0, nil
}

// A twentieth of what an embedder may take in a minute can be used at once. The rest comes
// evenly, so that no minute sees more than the whole.
const (
	burstShare = 1.0 / 20
	evenShare  = (1 - burstShare) / 60
)

// Reserve takes requests and tokens out of an embedder's rate, which all processes share.
// It returns how long to wait before using them. A rate of 0 is no bound. Negative tokens
// are given back.
func (us *Usage) Reserve(ctx context.Context, embedder string, requests, tokens, requestsPerMinute, tokensPerMinute int) (time.Duration, error) {
	if requestsPerMinute == 0 {
		requests = 0 // otherwise a bound that is set later would find them owed
	}
	if tokensPerMinute == 0 {
		tokens = 0
	}
	perMinute, tokensMinute := float64(requestsPerMinute), float64(tokensPerMinute)
	left, err := us.query.ReserveRequests(ctx, query.ReserveRequestsParams{
		Embedder: embedder, Requests: float64(requests), Tokens: float64(tokens),
		RequestBurst: perMinute * burstShare, RequestRate: perMinute * evenShare,
		TokenBurst: tokensMinute * burstShare, TokenRate: tokensMinute * evenShare,
	})
	if err != nil {
		return 0, fmt.Errorf("reserve %d requests and %d tokens of %s: %w", requests, tokens, embedder, err)
	}
	wait := 0.0
	if requestsPerMinute > 0 && left.Requests < 0 {
		wait = -left.Requests / (perMinute * evenShare)
	}
	if tokensPerMinute > 0 && left.Tokens < 0 {
		wait = max(wait, -left.Tokens/(tokensMinute*evenShare))
	}
	return time.Duration(wait * float64(time.Second)), nil
}
