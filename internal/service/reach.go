package service

import (
	"context"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/store"
)

// A request reaches the repositories that both its Reach and the context's grant reach. So a door
// that forgets one of the two shows no more than the other allows.

// restricted says whether a request may reach fewer than all repositories of its tenant.
func restricted(ctx context.Context, reach []string) bool {
	caller, _ := access.From(ctx)
	return len(reach) > 0 || len(caller.Repositories) > 0
}

// reaches says whether a request reaches the repository at a URL or path.
func reaches(ctx context.Context, reach []string, url string) bool {
	caller, _ := access.From(ctx)
	return access.Reaches(reach, url) && caller.Reaches(url)
}

// everything refuses callers who may not see the data of all tenants.
func everything(ctx context.Context, reach []string) error {
	if caller, ok := access.From(ctx); ok && caller.Tenant != "" || restricted(ctx, reach) {
		return denied("use a token of the installation that reaches all repositories")
	}
	return nil
}

// whole refuses a request from a tenant's token if its answer or effect spans all tenants. It also
// refuses a method whose stores are not open.
func (s *Service) whole(ctx context.Context, parts store.Parts) error {
	if err := everything(ctx, nil); err != nil {
		return err
	}
	return s.need(parts)
}

func unreached() error {
	return &Error{Kind: Denied, Field: FieldRepository, Reason: "the token does not reach this repository"}
}
