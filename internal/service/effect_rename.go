package service

import (
	"context"
)

// renamed submits a repository under its new name, at the refs that are followed under
// the old one. What is stored is not stored or embedded again.
func (a action) renamed(ctx context.Context, b Became) (Became, error) {
	if !a.may(HookRename) || !a.may(HookSubmit) {
		return b.ignored("the hook may not follow a repository to another name"), nil
	}
	was, ok := a.allowed.URL(a.effect.Was)
	if !ok {
		// Nobody may take the place of a repository that the hook may not name.
		return b.ignored("the hook may not name %s, the former place", a.effect.Was), nil
	}
	known, err := a.known(ctx, was)
	if err != nil {
		return b, err
	}
	if len(known) == 0 {
		return b.ignored("the repository is not indexed under its former name"), nil
	}
	return a.submit(ctx, b, nil, "")
}
