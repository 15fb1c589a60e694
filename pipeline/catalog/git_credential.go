package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// GitCredential is a tenant's credential for a git host, without its secret.
type GitCredential struct {
	Tenant    string    `json:"tenant"`
	Host      string    `json:"host"` // with the port unless it is the default
	CreatedAt time.Time `json:"created_at"`
	ChangedAt time.Time `json:"changed_at"`
}

// PutCredential stores a sealed credential of a tenant for a host, in place of an earlier
// one.
func (ts *Tenants) PutCredential(ctx context.Context, by Author, tenant, host string, sealed []byte) error {
	err := ts.change(ctx, tenant, func(q *query.Queries, _ Tenant) error {
		_, err := q.LoadGitCredential(ctx, tenant, host)
		if err != nil && !noRows(err) {
			return err
		}
		c := change{Tenant: tenant, Action: "credential.set", Target: host, After: map[string]string{"host": host}}
		if err == nil {
			c.Before = c.After
		}
		if err := q.PutGitCredential(ctx, tenant, host, sealed); err != nil {
			return err
		}
		return audit(ctx, q, by, c)
	})
	if err != nil {
		return fmt.Errorf("store a credential of tenant %s for %s: %w", tenant, host, err)
	}
	return nil
}

// Credential returns the sealed credential of a tenant for a host, or ErrNotFound.
func (ts *Tenants) Credential(ctx context.Context, tenant, host string) ([]byte, error) {
	sealed, err := ts.query.LoadGitCredential(ctx, tenant, host)
	if noRows(err) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("load the credential of tenant %s for %s: %w", tenant, host, err)
	}
	return sealed, nil
}

// Credentials lists the hosts for which a tenant has credentials.
func (ts *Tenants) Credentials(ctx context.Context, tenant string) ([]GitCredential, error) {
	rows, err := ts.query.ListGitCredentials(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("list credentials of tenant %s: %w", tenant, err)
	}
	list := make([]GitCredential, len(rows))
	for i, r := range rows {
		list[i] = GitCredential(r)
	}
	return list, nil
}

// DropCredential deletes a credential. It returns ErrNotFound if there is none.
func (ts *Tenants) DropCredential(ctx context.Context, by Author, tenant, host string) error {
	err := ts.change(ctx, tenant, func(q *query.Queries, _ Tenant) error {
		n, err := q.DropGitCredential(ctx, tenant, host)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotFound
		}
		return audit(ctx, q, by, change{tenant, "credential.remove", host, map[string]string{"host": host}, nil})
	})
	if err != nil {
		return fmt.Errorf("remove the credential of tenant %s for %s: %w", tenant, host, err)
	}
	return nil
}
