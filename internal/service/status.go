package service

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// StatusRequest asks for the state of repositories.
type StatusRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id; "": all
	After      string   // Next of the previous answer; "": from the first
	Limit      int      // largest number of refs, 1 to MaxStatus; 0: all
}

// MaxStatus is the most refs that a StatusRequest may ask for.
const MaxStatus = 1000

// StatusAnswer lists refs, by URL and name.
type StatusAnswer struct {
	Repositories []RepositoryStatus `json:"repositories" nullable:"false" doc:"One for each ref, and one without a ref for a repository that has none yet."`
	Generation   int64              `json:"generation" doc:"The active generation of the index; 0: there is none yet."`

	Next string `json:"-"` // the next page is after this place; "": the list is complete
}

// RepositoryStatus is a repository at one ref, with the state of its indexing.
type RepositoryStatus struct {
	ID        string         `json:"id" doc:"Id of the repository."`
	Tenant    string         `json:"tenant"`
	URL       string         `json:"url"`
	Ref       string         `json:"ref" doc:"Full name; empty before the first submission is read."`
	Commit    string         `json:"commit" doc:"In hex; empty before the first snapshot."`
	Revision  int64          `json:"revision"`
	State     string         `json:"state" doc:"submitted, listing, indexing, indexed, failed or forgetting."`
	Documents DocumentCounts `json:"documents"`
	Chunks    int64          `json:"chunks"`
	Error     string         `json:"error" doc:"Why the ref cannot be followed, or waits; empty: neither is the case."`
	Underway  bool           `json:"underway" doc:"This commit, or a newer one, is being read or indexed."`
	Waiting   *Approval      `json:"waiting,omitempty" doc:"The removal that waits for approval."`
	Held      string         `json:"held,omitempty" doc:"The commit at which the ref stays, in hex; absent: it follows its remote."`
	Versions  []string       `json:"versions,omitempty" doc:"Names under which the ref is kept."`
	Dormant   string         `json:"dormant,omitempty" doc:"asleep: it cannot be searched until a search names it; falling asleep: its points are being removed; waking: they are coming back; absent: it is awake."`

	track uuid.UUID // Nil: the repository has no track yet
}

// DocumentCounts counts a commit's files. Their number is Total + Skipped.
type DocumentCounts struct {
	Total    int64 `json:"total"`
	Indexed  int64 `json:"indexed"`
	Pending  int64 `json:"pending"`
	Failed   int64 `json:"failed"`
	Skipped  int64 `json:"skipped"`
	Embedded int64 `json:"embedded,omitempty" doc:"Number of documents that have their vectors, including the indexed ones; only in the progress of submissions."`
}

// Status counts the documents of a tenant's tracks by state.
func (s *Service) Status(ctx context.Context, r StatusRequest) (a StatusAnswer, err error) {
	defer mark(&err)
	if r.Limit < 0 || r.Limit > MaxStatus {
		return a, badLimit(r.Limit, MaxStatus, "refs")
	}
	tracks, next, err := s.statusPage(ctx, r)
	if err != nil {
		return a, err
	}
	a.Next = next
	if a.Generation, err = s.generation(ctx); err != nil {
		return a, err
	}
	a.Repositories, err = s.statusOf(ctx, r.Tenant, tracks)
	return a, err
}

// statusPage chooses the tracks of which the status is asked for, and returns the place after which
// there are more.
func (s *Service) statusPage(ctx context.Context, r StatusRequest) (tracks []catalog.Head, next string, err error) {
	of := TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository}
	if r.Repository == "" && r.Limit > 0 {
		if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
			return nil, "", err
		}
		for heads, err := range s.headPages(ctx, of, r.After, r.Limit+1) {
			if err != nil {
				return nil, "", err
			}
			if tracks = append(tracks, heads...); len(tracks) > r.Limit {
				break
			}
		}
	} else if tracks, err = s.Tracks(ctx, of); err == nil {
		slices.SortFunc(tracks, func(x, y catalog.Head) int { return cmp.Compare(placeOf(x.Track), placeOf(y.Track)) })
		tracks = slices.DeleteFunc(tracks, func(h catalog.Head) bool { return placeOf(h.Track) <= r.After })
	}
	if err == nil && r.Limit > 0 && len(tracks) > r.Limit {
		tracks = tracks[:r.Limit]
		next = placeOf(tracks[r.Limit-1].Track)
	}
	return tracks, next, err
}

// placeOf returns a track's place in a list by URL and ref.
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
		if t, found := byPlace[placeOf(h.Track)]; found { // otherwise it was forgotten meanwhile
			status := repositoryStatus(t)
			status.Held, status.Versions, status.Dormant = h.Held, h.Versions, dormancy(h)
			list = append(list, status)
		}
	}
	return list, nil
}

func repositoryStatus(t catalog.TrackStatus) RepositoryStatus {
	d := t.Documents
	status := RepositoryStatus{
		ID: t.Repository.String(), Tenant: t.Tenant, URL: t.URL, Ref: t.Ref, Commit: t.Commit, Revision: t.Revision, State: string(t.State),
		Documents: DocumentCounts{d.Total, d.Indexed, d.Pending, d.Failed, d.Skipped, 0}, Chunks: t.Chunks, Error: t.Error,
		Underway: t.State != catalog.TrackIndexed && t.State != catalog.TrackFailed, track: t.ID,
	}
	if t.Waiting != nil {
		waiting := approval(*t.Waiting)
		status.Waiting = &waiting
	}
	return status
}

// FailedRequest asks for the documents that failed.
type FailedRequest struct {
	Page
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id; "": all
}

// FailedAnswer lists documents that failed.
type FailedAnswer struct {
	Failed []FailedDocument `json:"failed" nullable:"false"`

	Next string `json:"-"` // the next page is after this place; "": the list is complete
}

// FailedDocument is a document on which a worker's attempt failed.
type FailedDocument struct {
	Repository string     `json:"repository" doc:"URL."`
	Ref        string     `json:"ref" doc:"Full name."`
	Path       string     `json:"path"`
	Attempts   int        `json:"attempts" doc:"Number of failed attempts."`
	NextDue    *time.Time `json:"next_due" doc:"Time of the next attempt; null: only by hand, see the dead letters."`
	Error      string     `json:"error" doc:"Error of the last attempt."`
}

// Failed lists the documents that failed.
func (s *Service) Failed(ctx context.Context, r FailedRequest) (a FailedAnswer, err error) {
	defer mark(&err)
	tracks, err := s.Tracks(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository})
	if err != nil {
		return a, err
	}
	urls := make(map[uuid.UUID]string)
	for _, t := range tracks {
		urls[t.Repository] = t.URL
	}
	type row struct {
		catalog.Failed
		url string
	}
	found, next, err := collect(r.Page, repositories(tracks), func(id, after uuid.UUID, most int) ([]row, error) {
		list, err := s.stores.Catalog.Flow.FailedDocuments(ctx, id, after, most)
		rows := make([]row, len(list))
		for i, d := range list {
			rows[i] = row{d, urls[id]}
		}
		return rows, err
	}, func(d row) uuid.UUID { return d.ID }, func(row) bool { return true })
	a = FailedAnswer{Failed: make([]FailedDocument, len(found)), Next: next}
	for i, d := range found {
		a.Failed[i] = FailedDocument{Repository: d.url, Ref: d.Ref, Path: d.Path, Attempts: d.Attempts, Error: d.Error}
		if due := d.Due.UTC(); !d.Due.IsZero() {
			a.Failed[i].NextDue = &due
		}
	}
	return a, err
}
