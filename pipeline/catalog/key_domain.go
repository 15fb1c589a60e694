package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Domain is a key domain: the installation's, or that of a tenant.
type Domain struct {
	Name      string // tenant and number, such as acme.1; "": the installation's
	Destroyed bool   // its keys were destroyed, and nothing is written for the tenant
}

// SkipDestroyed is the reason of documents whose text was sealed by a key that was
// destroyed.
const SkipDestroyed = "key_destroyed"

// Domain returns the key domain of a tenant's texts.
func (ks *Keys) Domain(ctx context.Context, tenant string) (Domain, error) {
	row, err := ks.query.TenantDomain(ctx, tenant)
	if noRows(err) {
		return Domain{}, nil
	}
	if err != nil {
		return Domain{}, fmt.Errorf("look for the key domain of tenant %s: %w", tenant, err)
	}
	return Domain(row), nil
}

// loadDomains returns the key domains of tenants that do not share the installation's.
func loadDomains(ctx context.Context, q *query.Queries) (map[string]Domain, error) {
	rows, err := q.ListDomains(ctx)
	if err != nil {
		return nil, fmt.Errorf("list key domains: %w", err)
	}
	domains := make(map[string]Domain, len(rows))
	for _, r := range rows {
		domains[r.Tenant] = Domain{r.Name, r.Destroyed}
	}
	return domains, nil
}

// Create gives a tenant a key domain of its own. seal makes the domain's first key. It
// returns ErrExists if the tenant has one.
func (ks *Keys) Create(ctx context.Context, by Author, tenant string, seal func(domain string) (PackKey, error)) (k PackKey, err error) {
	err = ks.inTx(ctx, func(q *query.Queries) error {
		if _, err := q.LockTenant(ctx, tenant); noRows(err) {
			return ErrNotFound
		} else if err != nil {
			return err
		}
		if row, err := q.TenantDomain(ctx, tenant); err == nil && !row.Destroyed {
			return ErrExists
		} else if err != nil && !noRows(err) {
			return err
		}
		domain, err := q.AddDomain(ctx, tenant)
		if err != nil {
			return err
		}
		if k, err = seal(domain); err != nil {
			return err
		}
		k.Tenant = tenant
		return addKey(ctx, q, by, k, change{Tenant: tenant, Action: ActionKeyCreate, Target: domain, After: k.ID})
	})
	if err != nil {
		return k, fmt.Errorf("give tenant %s a key: %w", tenant, err)
	}
	return k, nil
}

// Destroy destroys all keys of a tenant's domain, the graphs' data about its texts, and the pages
// that generators made of them. It returns ErrNotFound if the tenant has no domain of its own.
// [Packs.Shred] does the rest.
func (ks *Keys) Destroy(ctx context.Context, by Author, tenant string) (keys []string, err error) {
	err = ks.inTx(ctx, func(q *query.Queries) error {
		domains, err := q.DestroyDomain(ctx, tenant)
		if err != nil {
			return err
		}
		if len(domains) == 0 {
			return ErrNotFound
		}
		if keys, err = q.DestroyKeys(ctx, domains[0]); err != nil {
			return err
		}
		if err := q.ShredGraphs(ctx, tenant); err != nil {
			return err
		}
		if err := q.ShredGraphIndexes(ctx, tenant); err != nil {
			return err
		}
		if err := q.ShredWikiPages(ctx, tenant); err != nil {
			return err
		}
		return audit(ctx, q, by, change{Tenant: tenant, Action: ActionKeyDestroy, Target: domains[0], Before: keys})
	})
	if err != nil {
		return nil, fmt.Errorf("destroy the keys of tenant %s: %w", tenant, err)
	}
	return keys, nil
}

// Shred marks up to most documents as skipped whose texts were sealed with destroyed keys,
// and returns their ids. Their points are then due to be deleted, and their content becomes
// garbage.
func (ps *Packs) Shred(ctx context.Context, most int) ([]uuid.UUID, error) {
	keys, err := ps.query.DestroyedKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list destroyed keys: %w", err)
	}
	for _, k := range keys {
		ids, err := ps.query.ShredDocuments(ctx, query.ShredDocumentsParams{Reason: SkipDestroyed, Tenant: k.Tenant, Key: k.ID, Most: int32(most)})
		if err != nil {
			return nil, fmt.Errorf("skip documents of tenant %s: %w", k.Tenant, err)
		}
		if len(ids) > 0 {
			return ids, nil
		}
	}
	return nil, nil
}
