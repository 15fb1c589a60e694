package service

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// ForgetRequest removes a repository, one of its refs, or all repositories of a tenant from the
// index.
type ForgetRequest struct {
	Tenant      string
	Reach       []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository  string   // its URL, its path, the end of either, or its id
	Ref         string   // branch, tag or full name; "": all
	AllOfTenant bool     // every repository within reach, instead of a named one
	Confirmed   bool     // false: only list the tracks
}

// Forget marks tracks to be removed, and returns them. The syncer does the rest.
func (s *Service) Forget(ctx context.Context, r ForgetRequest) (tracks []RepositoryStatus, err error) {
	defer mark(&err)
	if tracks, err = s.forgettable(ctx, r); err != nil {
		return nil, err
	}
	if !r.Confirmed {
		return tracks, nil
	}
	done := make(map[string]bool) // URLs with and without .git at the end may be two repositories
	for _, t := range tracks {
		if done[t.ID] {
			continue
		}
		done[t.ID] = true
		if _, err := s.stores.Catalog.Removals.Forget(ctx, uuid.MustParse(t.ID), submittedAs(r.Ref)...); err != nil {
			return nil, err
		}
	}
	return tracks, nil
}

// forgettable returns the tracks that a request names.
func (s *Service) forgettable(ctx context.Context, r ForgetRequest) (tracks []RepositoryStatus, err error) {
	switch {
	case r.AllOfTenant && (r.Repository != "" || r.Ref != ""):
		return nil, &Error{Kind: Invalid, Field: FieldRepository, Reason: "name a repository, or ask for all of the tenant, but not both"}
	case !r.AllOfTenant && r.Repository == "":
		return nil, noName()
	}
	answer, err := s.Status(ctx, StatusRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository})
	if tracks = answer.Repositories; err != nil || r.AllOfTenant {
		return tracks, err
	}
	if r.Ref != "" {
		names := FullRefs(r.Ref)
		tracks = slices.DeleteFunc(tracks, func(t RepositoryStatus) bool { return !slices.Contains(names, t.Ref) })
		if len(tracks) == 0 {
			return nil, noRef(r.Ref)
		}
	}
	if len(tracks) == 0 {
		return nil, &Error{Kind: NotFound, Field: FieldRepository, Reason: fmt.Sprintf("no repository %q", r.Repository)}
	}
	return tracks, nil
}

// submittedAs returns the names under which a ref may have been submitted. It returns none for all
// refs.
func submittedAs(ref string) []string {
	if ref == "" {
		return nil
	}
	names := append(FullRefs(ref), ref, ShortRef(ref))
	slices.Sort(names)
	return slices.Compact(names)
}
