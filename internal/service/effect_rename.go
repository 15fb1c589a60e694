package service

import (
	"context"
)

// renamed gives a repository its new name, under which its refs stay followed, and
// submits it. Nothing is embedded again.
func (a action) renamed(ctx context.Context, b Became) (Became, error) {
	if !a.may(HookRename) || !a.may(HookSubmit) {
		return b.ignored("the hook may not follow a repository to another name"), nil
	}
	was, ok := a.allowed.URL(a.effect.Was)
	if !ok {
		// A rename must not replace a repository that the hook may not name.
		return b.ignored("the hook may not name %s, the former place", a.effect.Was), nil
	}
	known, err := a.known(ctx, was)
	if err != nil {
		return b, err
	}
	if len(known) == 0 {
		return b.ignored("the repository is not indexed under its former name"), nil
	}
	if err := a.Alias(ctx, AliasRequest{Tenant: a.hook.Tenant, From: was, To: b.Repository}); err != nil {
		return b, err
	}
	if known, err = a.known(ctx, b.Repository); err != nil {
		return b, err
	}
	return a.submit(ctx, b, known, "")
}
