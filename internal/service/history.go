package service

import (
	"context"
	"time"

	"github.com/leatworks/leat/internal/store"
)

// MaxHistory bounds the snapshots in one HistoryAnswer.
const MaxHistory = 100

// HistoryRequest asks for the history of a repository.
type HistoryRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id
	Limit      int      // largest number of snapshots, 1 to MaxHistory; 0: MaxHistory
}

// HistoryAnswer lists the newest snapshots of a repository, and the reasons for which files are not
// indexed.
type HistoryAnswer struct {
	Snapshots []Snapshot  `json:"snapshots" nullable:"false"`
	Skipped   []SkipCount `json:"skipped" nullable:"false" doc:"The most frequent reason first."`
}

// Snapshot is a commit that was read.
type Snapshot struct {
	Ref       string     `json:"ref" doc:"Full name."`
	Revision  int64      `json:"revision"`
	Commit    string     `json:"commit" doc:"In hex."`
	State     string     `json:"state" doc:"listing, indexing, indexed or superseded."`
	Lane      string     `json:"lane"`
	Files     int64      `json:"files" doc:"Number of files in the commit's tree; 0 before it is listed."`
	BegunAt   time.Time  `json:"begun_at"`
	ListedAt  *time.Time `json:"listed_at"`
	IndexedAt *time.Time `json:"indexed_at"`
}

// SkipCount is the number of files that were not indexed for a reason.
type SkipCount struct {
	Reason string `json:"reason"`
	Files  int64  `json:"files"`
}

// History returns the newest commits of a repository, and why files were skipped.
func (s *Service) History(ctx context.Context, r HistoryRequest) (a HistoryAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return a, err
	}
	if r.Limit == 0 {
		r.Limit = MaxHistory
	}
	if r.Limit < 1 || r.Limit > MaxHistory {
		return a, badLimit(r.Limit, MaxHistory, "snapshots")
	}
	if r.Repository == "" {
		return a, noName()
	}
	ids, err := s.repositoryIDs(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository})
	if err != nil {
		return a, err
	}
	a = HistoryAnswer{Snapshots: []Snapshot{}, Skipped: []SkipCount{}}
	list, err := s.stores.Catalog.Flow.History(ctx, ids[0], r.Limit)
	if err != nil {
		return a, err
	}
	for _, p := range list {
		a.Snapshots = append(a.Snapshots, Snapshot{p.Ref, p.Revision, p.Commit, string(p.State), string(p.Lane), p.Files, p.CreatedAt.UTC(), p.ListedAt, p.IndexedAt})
	}
	counts, err := s.stores.Catalog.Flow.SkipCounts(ctx, ids[0])
	for _, c := range counts {
		a.Skipped = append(a.Skipped, SkipCount(c))
	}
	return a, err
}
