package service

import (
	"context"
	"errors"
	"math"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// MaxTenants bounds the tenants in one TenantsAnswer.
const MaxTenants = 1000

// Tenants belong to the installation. No tenant's token may change one, not even its own.

// CreateTenantRequest asks for a tenant to be created.
type CreateTenantRequest struct {
	Tenant            string
	Reach             []string // globs of repositories that may be seen; must be empty
	Limits            catalog.TenantLimits
	SharesCredentials bool // the tenant may fetch with the installation's git credentials
}

// CreateTenant creates a tenant.
func (s *Service) CreateTenant(ctx context.Context, r CreateTenantRequest) (t catalog.Tenant, err error) {
	defer mark(&err)
	if err := s.checkWhole(ctx, r.Tenant, r.Reach); err != nil {
		return t, err
	}
	if err := checkLimits(r.Limits); err != nil {
		return t, err
	}
	t, err = s.stores.Catalog.Tenants.Create(ctx, author(ctx), catalog.Tenant{Name: r.Tenant, Limits: r.Limits, SharesCredentials: r.SharesCredentials})
	if errors.Is(err, catalog.ErrExists) {
		return t, &Error{Kind: Refused, Field: FieldTenant, Value: r.Tenant, Reason: catalog.ErrExists.Error()}
	}
	return t, err
}

// TenantsRequest asks for all tenants.
type TenantsRequest struct {
	After string // the list continues after this tenant; "": from the first
	Limit int    // largest number of tenants, 1 to MaxTenants; 0: MaxTenants
}

// TenantsAnswer lists tenants by name.
type TenantsAnswer struct {
	Tenants []catalog.Tenant
	Next    string // the next page is after this tenant; "": the list is complete
}

// Tenants lists all tenants.
func (s *Service) Tenants(ctx context.Context, r TenantsRequest) (a TenantsAnswer, err error) {
	defer mark(&err)
	if err := s.whole(ctx, store.Postgres); err != nil {
		return a, err
	}
	if r.Limit == 0 {
		r.Limit = MaxTenants
	}
	if r.Limit < 1 || r.Limit > MaxTenants {
		return a, badLimit(r.Limit, MaxTenants, "tenants")
	}
	a.Tenants, err = s.stores.Catalog.Tenants.List(ctx, r.After, r.Limit+1)
	if len(a.Tenants) > r.Limit {
		a.Tenants = a.Tenants[:r.Limit]
		a.Next = a.Tenants[r.Limit-1].Name
	}
	return a, err
}

// SetTenantRequest asks to change a tenant. A nil field stays as it is.
type SetTenantRequest struct {
	Tenant            string
	Reach             []string // globs of repositories that may be seen; must be empty
	Repositories      *int64   // this and the next are limits; 0 means none
	Documents         *int64
	Tokens            *int64
	Cost              *float64
	Requests          *int
	SharesCredentials *bool
}

// SetTenant changes the limits of a tenant, and whether it shares credentials.
func (s *Service) SetTenant(ctx context.Context, r SetTenantRequest) (t catalog.Tenant, err error) {
	defer mark(&err)
	if err := s.checkWhole(ctx, r.Tenant, r.Reach); err != nil {
		return t, err
	}
	if err := checkLimits(r.apply(catalog.Tenant{}).Limits); err != nil {
		return t, err
	}
	t, err = s.stores.Catalog.Tenants.Set(ctx, author(ctx), r.Tenant, func(t *catalog.Tenant) { *t = r.apply(*t) })
	s.bearers.forget()
	if isNotFound(err) {
		return t, noTenant(r.Tenant)
	}
	return t, err
}

func (r SetTenantRequest) apply(t catalog.Tenant) catalog.Tenant {
	set(&t.Limits.Repositories, r.Repositories)
	set(&t.Limits.Documents, r.Documents)
	set(&t.Limits.Tokens, r.Tokens)
	set(&t.Limits.Cost, r.Cost)
	set(&t.Limits.Requests, r.Requests)
	set(&t.SharesCredentials, r.SharesCredentials)
	return t
}

func set[T any](field *T, to *T) {
	if to != nil {
		*field = *to
	}
}

// DeleteTenantRequest asks to delete a tenant with its tokens and credentials.
type DeleteTenantRequest struct {
	Tenant string
	Reach  []string // globs of repositories that may be seen; must be empty
}

// DeleteTenant deletes a tenant without repositories.
func (s *Service) DeleteTenant(ctx context.Context, r DeleteTenantRequest) (err error) {
	defer mark(&err)
	if err := s.checkWhole(ctx, r.Tenant, r.Reach); err != nil {
		return err
	}
	err = s.stores.Catalog.Tenants.Delete(ctx, author(ctx), r.Tenant)
	s.bearers.forget()
	switch {
	case isNotFound(err):
		return noTenant(r.Tenant)
	case errors.Is(err, catalog.ErrHasRepositories):
		return &Error{Kind: Refused, Field: FieldTenant, Value: r.Tenant, Reason: "the tenant still has repositories: forget them first, and wait until they are gone"}
	}
	return err
}

// checkWhole refuses an impossible tenant, and a caller who may not steer all tenants.
func (s *Service) checkWhole(ctx context.Context, tenant string, reach []string) error {
	if err := everything(ctx, reach); err != nil {
		return err
	}
	return s.check(ctx, tenant, store.Postgres)
}

func checkLimits(l catalog.TenantLimits) error {
	if l.Repositories < 0 || l.Documents < 0 || l.Tokens < 0 || l.Cost < 0 || l.Requests < 0 || l.Requests > math.MaxInt32 || math.IsNaN(l.Cost) || math.IsInf(l.Cost, 0) {
		return &Error{Kind: Invalid, Field: FieldLimit, Reason: "a limit must be 0, which means no limit, or more"}
	}
	return nil
}

// Create returns the request to create the tenant.
func (r SetTenantRequest) Create() CreateTenantRequest {
	t := r.apply(catalog.Tenant{})
	return CreateTenantRequest{Tenant: r.Tenant, Reach: r.Reach, Limits: t.Limits, SharesCredentials: t.SharesCredentials}
}
