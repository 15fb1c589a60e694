package service

import (
	"context"
	"fmt"
)

// empty adds to the reason for an empty search that nothing was submitted, or that work is still
// under way.
func (s *Service) empty(ctx context.Context, r SearchRequest, why string) (string, error) {
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
	if running == 0 {
		return why, nil
	}
	return fmt.Sprintf("%s; %d of %d refs are still being read or indexed: ask again later", why, running, len(tracks)), nil
}
