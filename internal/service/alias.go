package service

import (
	"context"

	"github.com/leatworks/leat/internal/store"
)

// AliasRequest says that a repository has moved to another address.
type AliasRequest struct {
	Tenant string
	Reach  []string // globs of repositories that may be changed; empty: all of the tenant's
	From   string   // its former address, in any form
	To     string   // its new address
}

// Alias gives a repository a new name, after a rename or a transfer at its host. The
// former name still finds it. If the new name has been submitted already, that
// repository takes over the refs of the former one. See catalog.Names.Alias.
func (s *Service) Alias(ctx context.Context, r AliasRequest) (err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return err
	}
	for _, url := range []string{r.From, r.To} {
		if _, err := NewSubmission(s.cfg.Source, SubmitRequest{Tenant: r.Tenant, Repository: url}); err != nil {
			return err
		}
		if !reaches(ctx, r.Reach, url) {
			return unreached()
		}
	}
	_, err = s.stores.Catalog.Names.Alias(ctx, r.Tenant, r.From, r.To)
	return err
}
