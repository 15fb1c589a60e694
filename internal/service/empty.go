package service

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/leatworks/leat/pipeline/catalog"
)

// Empty says why a search found nothing: nothing is indexed, or not yet, or the filters
// leave nothing.
func (s *Service) Empty(ctx context.Context, r SearchRequest) (reason string, err error) {
	defer mark(&err)
	tracks, err := s.Tracks(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach})
	if err != nil {
		return "", err
	}
	if len(tracks) == 0 {
		return "no repository has been submitted", nil
	}
	running := 0
	for _, t := range tracks {
		if underway(t) {
			running++
		}
	}
	under := "; nothing is under way"
	if running > 0 {
		under = fmt.Sprintf("; %d of %d refs are still being read or indexed: ask again later", running, len(tracks))
	}
	if !slices.ContainsFunc(tracks, func(h catalog.Head) bool { return h.Commit != "" }) {
		return "nothing has been indexed yet" + under, nil
	}
	if filters := r.filters(); len(filters) > 0 {
		return "nothing passes the filters together (" + strings.Join(filters, ", ") + ")" + under, nil
	}
	return "nothing matches the query" + under, nil
}

// filters names the filters of a search.
func (r SearchRequest) filters() (names []string) {
	for _, f := range []struct {
		name   string
		values []string
	}{
		{"repository", r.Repositories}, {"ref", []string{r.Ref}}, {"language", r.Languages}, {"kind", r.Kinds}, {"symbol", r.Symbols}, {"path", []string{r.Path}},
	} {
		if value := strings.Join(f.values, " or "); value != "" {
			names = append(names, f.name+" "+value)
		}
	}
	return names
}
