package worker

import (
	"context"
	"errors"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/git"
)

// credentials returns a function that opens a tenant's credentials for git hosts. A tenant that the
// catalog does not know has none. The default tenant shares the installation's until its row says
// otherwise.
func credentials(tenants *catalog.Tenants, box *seal.Box) func(context.Context, string) (git.Credentials, error) {
	return func(ctx context.Context, tenant string) (git.Credentials, error) {
		t, err := tenants.Load(ctx, tenant)
		if errors.Is(err, catalog.ErrNotFound) {
			return git.Credentials{Shared: tenant == events.DefaultTenant}, nil
		}
		if err != nil {
			return git.Credentials{}, err
		}
		return git.Credentials{Shared: t.SharesCredentials, Lookup: func(ctx context.Context, host string) (string, bool, error) {
			sealed, err := tenants.Credential(ctx, tenant, host)
			if errors.Is(err, catalog.ErrNotFound) {
				return "", false, nil
			}
			if err != nil {
				return "", false, err
			}
			value, err := box.Open(sealed, seal.GitCredential(tenant, host))
			return string(value), err == nil, err
		}}, nil
	}
}

// budgets returns the smaller one of the installation's budget for a tenant and the
// tenant's own limit.
func budgets(installation func(tenant string) catalog.Budget, tenants *catalog.Tenants) func(context.Context, string) (catalog.Budget, error) {
	return func(ctx context.Context, tenant string) (catalog.Budget, error) {
		var budget catalog.Budget
		if installation != nil {
			budget = installation(tenant)
		}
		t, err := tenants.Load(ctx, tenant)
		if err != nil && !errors.Is(err, catalog.ErrNotFound) {
			return budget, err
		}
		return catalog.Budget{Tokens: least(budget.Tokens, t.Limits.Tokens), Cost: least(budget.Cost, t.Limits.Cost)}, nil
	}
}

// least returns the smaller of two bounds. 0 is no bound.
func least[N int64 | float64](a, b N) N {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
