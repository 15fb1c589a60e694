package service

import (
	"context"
	"fmt"
	"slices"

	"github.com/leatworks/leat/pipeline/catalog"
)

// ForgetRequest takes a repository, or one of its refs, out of the index.
type ForgetRequest struct {
	Tenant     string
	Repository string // its URL, its path, or the end of one of them
	Ref        string // branch, tag or full name; "": all
	Confirmed  bool   // false: only report the tracks
}

// Forget marks tracks to be removed, and returns them. The syncer does the rest.
func (s *Service) Forget(ctx context.Context, r ForgetRequest) (tracks []catalog.TrackStatus, err error) {
	defer mark(&err)
	if tracks, err = s.Status(ctx, StatusRequest{r.Tenant, r.Repository}); err != nil {
		return nil, err
	}
	if r.Ref != "" {
		names := FullRefs(r.Ref)
		tracks = slices.DeleteFunc(tracks, func(t catalog.TrackStatus) bool { return !slices.Contains(names, t.Ref) })
		if len(tracks) == 0 {
			return nil, noRef(r.Ref)
		}
	}
	if len(tracks) == 0 {
		return nil, &Error{Kind: NotFound, Field: FieldRepository, Reason: fmt.Sprintf("no repository %q", r.Repository)}
	}
	if !r.Confirmed {
		return tracks, nil
	}
	for _, id := range repositories(tracks, func(t catalog.TrackStatus) catalog.Track { return t.Track }) {
		if _, err := s.stores.Catalog.Forget(ctx, id, submittedAs(r.Ref)...); err != nil {
			return nil, err
		}
	}
	return tracks, nil
}

// submittedAs returns the names under which a ref may have been submitted. None
// stands for all refs.
func submittedAs(ref string) []string {
	if ref == "" {
		return nil
	}
	names := append(FullRefs(ref), ref, ShortRef(ref))
	slices.Sort(names)
	return slices.Compact(names)
}
