package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Tenants are the owners of repositories, with their limits and their credentials for git.
type Tenants struct{ *store }

// TenantLimits bounds what a tenant has and uses. 0 is no limit.
type TenantLimits struct {
	Repositories int64   `json:"repositories"`
	Documents    int64   `json:"documents"`  // of all its refs, skipped files not counted
	Tokens       int64   `json:"tokens_day"` // of embedding, by UTC
	Cost         float64 `json:"cost_day"`   // of embedding, in the currency of the price table
	Requests     int     `json:"requests_minute"`
}

// Tenant is one tenant.
type Tenant struct {
	Name              string       `json:"name"`
	Limits            TenantLimits `json:"limits"`             // 0: no limit
	SharesCredentials bool         `json:"shares_credentials"` // may fetch with the installation's own credentials
	CreatedAt         time.Time    `json:"created_at"`
	Repositories      int64        `json:"repositories"` // that it has; counted by List alone
}

// Reasons why a tenant cannot be created or deleted.
var (
	ErrExists          = errors.New("there is one of this name already")
	ErrHasRepositories = errors.New("it still has repositories")
)

// Create stores a tenant. It returns ErrExists if the name is taken.
func (ts *Tenants) Create(ctx context.Context, by Author, t Tenant) (Tenant, error) {
	l := t.Limits
	err := ts.inTx(ctx, func(q *query.Queries) error {
		n, err := q.PutTenant(ctx, query.PutTenantParams{
			Name: t.Name, MaxRepositories: limit(l.Repositories), MaxDocuments: limit(l.Documents), MaxTokensDay: limit(l.Tokens),
			MaxCostDay: limit(l.Cost), MaxRequestsMinute: limit(int32(l.Requests)), SharesCredentials: t.SharesCredentials,
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrExists
		}
		r, err := q.LoadTenant(ctx, t.Name)
		if err != nil {
			return err
		}
		t = tenantOf(r)
		return audit(ctx, q, by, change{t.Name, "tenant.create", t.Name, nil, t})
	})
	if err != nil {
		return t, fmt.Errorf("create tenant %s: %w", t.Name, err)
	}
	return t, nil
}

// limit returns a bound in the form that the catalog stores.
func limit[N int32 | int64 | float64](n N) *N {
	if n == 0 {
		return nil
	}
	return &n
}

func tenantOf(r query.LoadTenantRow) Tenant {
	return Tenant{
		Name: r.Name, SharesCredentials: r.SharesCredentials, CreatedAt: r.CreatedAt,
		Limits: TenantLimits{r.MaxRepositories, r.MaxDocuments, r.MaxTokensDay, r.MaxCostDay, int(r.MaxRequestsMinute)},
	}
}

// Load returns one tenant. It does not count repositories.
func (ts *Tenants) Load(ctx context.Context, name string) (Tenant, error) {
	r, err := ts.query.LoadTenant(ctx, name)
	if noRows(err) {
		return Tenant{}, fmt.Errorf("tenant %s: %w", name, ErrNotFound)
	}
	if err != nil {
		return Tenant{}, fmt.Errorf("load tenant %s: %w", name, err)
	}
	return tenantOf(r), nil
}

// List lists up to most tenants by name, after a name.
func (ts *Tenants) List(ctx context.Context, after string, most int) ([]Tenant, error) {
	rows, err := ts.query.ListTenants(ctx, after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list tenants: %w", err)
	}
	tenants := make([]Tenant, len(rows))
	for i, r := range rows {
		tenants[i] = tenantOf(query.LoadTenantRow{
			Name: r.Name, MaxRepositories: r.MaxRepositories, MaxDocuments: r.MaxDocuments, MaxTokensDay: r.MaxTokensDay, MaxCostDay: r.MaxCostDay,
			MaxRequestsMinute: r.MaxRequestsMinute, SharesCredentials: r.SharesCredentials, CreatedAt: r.CreatedAt,
		})
		tenants[i].Repositories = r.Repositories
	}
	return tenants, nil
}

// Set changes a tenant's limits and whether it shares credentials. It calls set with the
// present tenant, whose row is locked.
func (ts *Tenants) Set(ctx context.Context, by Author, name string, set func(*Tenant)) (t Tenant, err error) {
	err = ts.change(ctx, name, func(q *query.Queries, before Tenant) error {
		t = before
		set(&t)
		t.Name, t.CreatedAt = before.Name, before.CreatedAt
		l := t.Limits
		if err := q.SetTenant(ctx, query.SetTenantParams{
			Name: name, MaxRepositories: limit(l.Repositories), MaxDocuments: limit(l.Documents), MaxTokensDay: limit(l.Tokens),
			MaxCostDay: limit(l.Cost), MaxRequestsMinute: limit(int32(l.Requests)), SharesCredentials: t.SharesCredentials,
		}); err != nil {
			return err
		}
		return audit(ctx, q, by, change{name, "tenant.set", name, before, t})
	})
	if err != nil {
		return t, fmt.Errorf("change tenant %s: %w", name, err)
	}
	return t, nil
}

// Delete deletes a tenant with its tokens and credentials. It returns ErrHasRepositories
// if the tenant has any.
func (ts *Tenants) Delete(ctx context.Context, by Author, name string) error {
	err := ts.change(ctx, name, func(q *query.Queries, before Tenant) error {
		n, err := q.CountRepositories(ctx, name)
		if err != nil {
			return err
		}
		if n > 0 {
			return ErrHasRepositories
		}
		if err := q.DropTenant(ctx, name); err != nil {
			return err
		}
		return audit(ctx, q, by, change{name, "tenant.delete", name, before, nil})
	})
	if err != nil {
		return fmt.Errorf("delete tenant %s: %w", name, err)
	}
	return nil
}

// change runs fn in a transaction that holds the tenant's row.
func (ts *Tenants) change(ctx context.Context, name string, fn func(*query.Queries, Tenant) error) error {
	return ts.inTx(ctx, func(q *query.Queries) error {
		r, err := q.LockTenant(ctx, name)
		if noRows(err) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		return fn(q, tenantOf(query.LoadTenantRow(r)))
	})
}

// Several reports whether repositories of more than one tenant are known.
func (ts *Tenants) Several(ctx context.Context) (bool, error) {
	several, err := ts.query.SeveralTenants(ctx)
	if err != nil {
		return false, fmt.Errorf("look for several tenants: %w", err)
	}
	return several, nil
}
