package service

import (
	"context"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/store"
)

// A request reaches the repositories that its Reach names, and of these the ones that the
// context's grant reaches: a door that forgets one of the two shows no more.

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
		return denied("this takes a token of the installation that reaches all repositories")
	}
	return nil
}

// whole refuses a request that no tenant's token may make, because its answer or its effect
// spans all tenants, and a method whose stores are not open.
func (s *Service) whole(ctx context.Context, parts store.Parts) error {
	if err := everything(ctx, nil); err != nil {
		return err
	}
	return s.need(parts)
}

func unreached() error {
	return &Error{Kind: Denied, Field: FieldRepository, Reason: "the token does not reach this repository"}
}
