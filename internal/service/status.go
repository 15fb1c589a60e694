package service

import (
	"context"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// page is the number of rows read at once for an answer that holds all rows.
const page = 1000

// StatusRequest asks for the state of repositories.
type StatusRequest struct {
	Tenant     string
	Repository string // its URL, its path, or the end of one of them; "": all
}

// Status counts the documents of a tenant's tracks by state.
func (s *Service) Status(ctx context.Context, r StatusRequest) (tracks []catalog.TrackStatus, err error) {
	defer mark(&err)
	if err := s.check(r.Tenant, store.Postgres); err != nil {
		return nil, err
	}
	tracks, err = s.stores.Catalog.Tracks(ctx, r.Tenant)
	if err != nil {
		return nil, err
	}
	return find(tracks, r.Tenant, r.Repository, func(t catalog.TrackStatus) catalog.Track { return t.Track })
}

// FailedDocument is a document on which a worker's attempt failed.
type FailedDocument struct {
	catalog.Failed
	URL string // of the repository
}

// Failed lists the documents that failed, of all repositories or of one.
func (s *Service) Failed(ctx context.Context, r StatusRequest) (rows []FailedDocument, err error) {
	defer mark(&err)
	tracks, err := s.Status(ctx, r)
	if err != nil {
		return nil, err
	}
	asked := make(map[uuid.UUID]bool)
	for _, t := range tracks {
		if asked[t.Repository] || t.Documents.Failed == 0 {
			continue
		}
		asked[t.Repository] = true
		for after := uuid.Nil; ; {
			list, err := s.stores.Catalog.FailedDocuments(ctx, t.Repository, after, page)
			if err != nil {
				return nil, err
			}
			if len(list) == 0 {
				break
			}
			after = list[len(list)-1].ID
			for _, d := range list {
				rows = append(rows, FailedDocument{d, t.URL})
			}
		}
	}
	return rows, nil
}

// UsageRequest asks for the consumption of embedding.
type UsageRequest struct {
	Tenant string
	Days   int // days back, today included
}

// Usage returns the consumption of embedding, by embedder and repository.
func (s *Service) Usage(ctx context.Context, r UsageRequest) (list []catalog.EmbedderConsumption, err error) {
	defer mark(&err)
	if err := s.check(r.Tenant, store.Postgres); err != nil {
		return nil, err
	}
	return s.stores.Catalog.Usage.List(ctx, r.Tenant, r.Days)
}

// SyncStatus lists the newest run of each kind of the syncer's work, which serves all
// tenants.
func (s *Service) SyncStatus(ctx context.Context) (runs []catalog.LastRun, err error) {
	defer mark(&err)
	if err := s.need(store.Postgres); err != nil {
		return nil, err
	}
	return s.stores.Catalog.Schedule.Last(ctx)
}
