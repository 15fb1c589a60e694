package service

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// page is the number of rows read at once for an answer that holds all rows.
const page = 1000

// StatusRequest asks for the state of repositories.
type StatusRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of one of them, or its id; "": all
	After      string   // Next of the answer before; "": from the first
	Limit      int      // most refs, 1 to MaxStatus; 0: all
}

// MaxStatus is the most refs that a StatusRequest may ask for.
const MaxStatus = 1000

// StatusAnswer lists refs, by URL and name.
type StatusAnswer struct {
	Repositories []RepositoryStatus `json:"repositories" nullable:"false" doc:"One a ref, and one without a ref for a repository that has none yet."`
	Generation   int64              `json:"generation" doc:"The active generation of the index; 0: there is none yet."`

	Next string `json:"-"` // go on after this place; "": the list is complete
}

// RepositoryStatus is a repository at one ref, and how far it is indexed.
type RepositoryStatus struct {
	ID        string         `json:"id" doc:"Of the repository."`
	Tenant    string         `json:"tenant"`
	URL       string         `json:"url"`
	Ref       string         `json:"ref" doc:"Full name; empty before the first submission is read."`
	Commit    string         `json:"commit" doc:"In hex; empty before the first snapshot."`
	Revision  int64          `json:"revision"`
	State     string         `json:"state" doc:"submitted, listing, indexing, indexed, failed or forgetting."`
	Documents DocumentCounts `json:"documents"`
	Chunks    int64          `json:"chunks"`
	Error     string         `json:"error" doc:"Why the ref cannot be followed, or waits; empty: there is no reason."`
	Underway  bool           `json:"underway" doc:"This commit, or a newer one, is being read or indexed."`
	Waiting   *Approval      `json:"waiting,omitempty" doc:"The removal that waits for approval."`

	track uuid.UUID // Nil: the repository has none yet
}

// DocumentCounts counts a commit's files. Their number is Total + Skipped.
type DocumentCounts struct {
	Total    int64 `json:"total"`
	Indexed  int64 `json:"indexed"`
	Pending  int64 `json:"pending"`
	Failed   int64 `json:"failed"`
	Skipped  int64 `json:"skipped"`
	Embedded int64 `json:"-"` // of those pending: have their vectors
}

// Status counts the documents of a tenant's tracks by state.
func (s *Service) Status(ctx context.Context, r StatusRequest) (a StatusAnswer, err error) {
	defer mark(&err)
	if r.Limit < 0 || r.Limit > MaxStatus {
		return a, badLimit(r.Limit, MaxStatus, "refs")
	}
	tracks, err := s.Tracks(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository})
	if err != nil {
		return a, err
	}
	slices.SortFunc(tracks, func(x, y catalog.Head) int { return cmp.Compare(placeOf(x.Track), placeOf(y.Track)) })
	if r.After != "" {
		tracks = slices.DeleteFunc(tracks, func(h catalog.Head) bool { return placeOf(h.Track) <= r.After })
	}
	if r.Limit > 0 && len(tracks) > r.Limit {
		tracks = tracks[:r.Limit]
		a.Next = placeOf(tracks[r.Limit-1].Track)
	}
	if a.Generation, err = s.generation(ctx); err != nil {
		return a, err
	}
	a.Repositories, err = s.statusOf(ctx, r.Tenant, tracks)
	return a, err
}

// placeOf is a track's place in a list by URL and ref.
func placeOf(t catalog.Track) string { return t.URL + "\n" + t.Ref }

// statusOf counts the documents of tracks, in their order.
func (s *Service) statusOf(ctx context.Context, tenant string, tracks []catalog.Head) ([]RepositoryStatus, error) {
	list := make([]RepositoryStatus, 0, len(tracks))
	if len(tracks) == 0 {
		return list, nil
	}
	counted, err := s.stores.Catalog.Tracks(ctx, tenant, repositories(tracks)...)
	if err != nil {
		return nil, err
	}
	byPlace := make(map[string]catalog.TrackStatus, len(counted))
	for _, t := range counted {
		byPlace[placeOf(t.Track)] = t
	}
	for _, h := range tracks {
		if t, found := byPlace[placeOf(h.Track)]; found { // else it was forgotten meanwhile
			list = append(list, repositoryStatus(t))
		}
	}
	return list, nil
}

func repositoryStatus(t catalog.TrackStatus) RepositoryStatus {
	d := t.Documents
	status := RepositoryStatus{
		ID: t.Repository.String(), Tenant: t.Tenant, URL: t.URL, Ref: t.Ref, Commit: t.Commit, Revision: t.Revision, State: string(t.State),
		Documents: DocumentCounts{d.Total, d.Indexed, d.Pending, d.Failed, d.Skipped, d.Embedded}, Chunks: t.Chunks, Error: t.Error,
		Underway: t.State != catalog.TrackIndexed && t.State != catalog.TrackFailed, track: t.ID,
	}
	if t.Waiting != nil {
		waiting := approval(*t.Waiting)
		status.Waiting = &waiting
	}
	return status
}

// FailedDocument is a document on which a worker's attempt failed.
type FailedDocument struct {
	catalog.Failed
	URL string // of the repository
}

// Failed lists the documents that failed, of all repositories or of one.
func (s *Service) Failed(ctx context.Context, r StatusRequest) (rows []FailedDocument, err error) {
	defer mark(&err)
	answer, err := s.Status(ctx, r)
	if err != nil {
		return nil, err
	}
	asked := make(map[string]bool)
	for _, t := range answer.Repositories {
		if asked[t.ID] || t.Documents.Failed == 0 {
			continue
		}
		asked[t.ID] = true
		id := uuid.MustParse(t.ID)
		for after := uuid.Nil; ; {
			list, err := s.stores.Catalog.FailedDocuments(ctx, id, after, page)
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
	Reach  []string // globs of repositories that may be seen; empty: all of the tenant's
	Days   int      // days back, today included
}

// Usage returns the consumption of embedding, by embedder and repository.
func (s *Service) Usage(ctx context.Context, r UsageRequest) (list []catalog.EmbedderConsumption, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return nil, err
	}
	list, err = s.stores.Catalog.Usage.List(ctx, r.Tenant, r.Days)
	if restricted(ctx, r.Reach) { // what has no URL is the tenant's searches, or forgotten
		list = slices.DeleteFunc(list, func(u catalog.EmbedderConsumption) bool { return u.URL == "" || !reaches(ctx, r.Reach, u.URL) })
	}
	return list, err
}

// SyncStatus lists the newest run of each kind of the syncer's work, which serves all
// tenants.
func (s *Service) SyncStatus(ctx context.Context) (runs []catalog.LastRun, err error) {
	defer mark(&err)
	if err := s.whole(ctx, store.Postgres); err != nil {
		return nil, err
	}
	return s.stores.Catalog.Schedule.Last(ctx)
}
