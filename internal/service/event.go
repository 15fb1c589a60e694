package service

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/store"
)

// HearRequest asks for the events about finished snapshots.
type HearRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id; "": all
	After      uint64   // place of the last known event; 0: from now on
}

// Hear calls tell with each event repo.indexed of a tenant and its place, until ctx
// ends or tell returns an error.
func (s *Service) Hear(ctx context.Context, r HearRequest, tell func(place uint64, e events.RepoIndexed) error) (err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres|store.NATS); err != nil {
		return err
	}
	subject := events.CompletedOf(r.Tenant)
	if r.Repository != "" {
		ids, err := s.repositoryIDs(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository})
		if err != nil {
			return err
		}
		if ids[0] == uuid.Nil || len(ids) > 1 {
			return &Error{Kind: NotFound, Field: FieldRepository, Reason: fmt.Sprintf("no repository %q of tenant %s", r.Repository, r.Tenant)}
		}
		subject = events.CompletedSubject(r.Tenant, ids[0])
	}
	return s.stores.Broker.Listen(ctx, subject, r.After, func(place uint64, data []byte) error {
		var e events.RepoIndexed
		if err := json.Unmarshal(data, &e); err != nil || e.Tenant != r.Tenant || !reaches(ctx, r.Reach, e.URL) {
			return nil // the request does not reach the repository
		}
		return tell(place, e)
	})
}
