package catalog

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Flow reads the work under way, past work, and the files that were left out.
type Flow struct{ *store }

// OpenWork counts the documents of a lane that a stage has yet to finish, or that failed.
type OpenWork struct {
	Lane      events.Lane
	State     DocumentState // chunked: the embedder's, embedded: the indexer's, or failed
	Documents int64
	Oldest    time.Time // start of the oldest snapshot among them
}

// OpenWork counts unfinished documents of some repositories of a tenant, or of all.
func (f *Flow) OpenWork(ctx context.Context, tenant string, repositories ...uuid.UUID) ([]OpenWork, error) {
	rows, err := f.query.CountOpen(ctx, tenant, orEmpty(repositories))
	if err != nil {
		return nil, fmt.Errorf("count open documents of tenant %s: %w", tenant, err)
	}
	list := make([]OpenWork, len(rows))
	for i, r := range rows {
		list[i] = OpenWork{events.Lane(r.Lane), DocumentState(r.State), r.Documents, r.Oldest}
	}
	return list, nil
}

// Listings is the work of the ingestor.
type Listings struct {
	Waiting int64         // submissions
	Listing int64         // snapshots whose tree is being read
	Oldest  time.Duration // age of the oldest waiting submission; 0: none waits
}

// Listings counts submissions of some repositories of a tenant, or of all.
func (f *Flow) Listings(ctx context.Context, tenant string, repositories ...uuid.UUID) (Listings, error) {
	r, err := f.query.CountListings(ctx, tenant, orEmpty(repositories))
	if err != nil {
		return Listings{}, fmt.Errorf("count submissions of tenant %s: %w", tenant, err)
	}
	return Listings{r.Waiting, r.Listing, time.Duration(r.Oldest * float64(time.Second))}, nil
}

// ActivityKind is a sort of event that is counted.
type ActivityKind string

// What is counted: submissions, commits indexed to their end, and dead letters.
const (
	ActivitySubmitted ActivityKind = "submitted"
	ActivityIndexed   ActivityKind = "indexed"
	ActivityGivenUp   ActivityKind = "given up"
)

// Activity counts how often something happened in a span of time.
type Activity struct {
	Begins time.Time
	Kind   ActivityKind
	Events int64
}

// Activity counts what happened since a time, in spans of a width.
func (f *Flow) Activity(ctx context.Context, tenant string, since time.Time, width time.Duration, repositories ...uuid.UUID) ([]Activity, error) {
	rows, err := f.query.ListActivity(ctx, query.ListActivityParams{Width: width.Seconds(), Tenant: tenant, Since: since, Repositories: orEmpty(repositories)})
	if err != nil {
		return nil, fmt.Errorf("count the events of tenant %s: %w", tenant, err)
	}
	list := make([]Activity, len(rows))
	for i, r := range rows {
		list[i] = Activity{r.Begins, ActivityKind(r.Kind), r.Events}
	}
	return list, nil
}

// PastSnapshot is a snapshot of a repository's history.
type PastSnapshot struct {
	Ref       string
	Revision  int64
	Commit    string // hex
	State     SnapshotState
	Lane      events.Lane
	Files     int64 // in the tree; 0 before it is listed
	CreatedAt time.Time
	ListedAt  *time.Time
	IndexedAt *time.Time
}

// History lists a repository's newest snapshots.
func (f *Flow) History(ctx context.Context, repository uuid.UUID, most int) ([]PastSnapshot, error) {
	rows, err := f.query.ListHistory(ctx, repository, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list snapshots of repository %s: %w", repository, err)
	}
	list := make([]PastSnapshot, len(rows))
	for i, r := range rows {
		list[i] = PastSnapshot{r.Ref, r.Revision, hex.EncodeToString(r.Commit), SnapshotState(r.State), events.Lane(r.Lane), r.Files, r.CreatedAt, r.ListedAt, r.IndexedAt}
	}
	return list, nil
}

// SkipCount is how many files of a repository were skipped for a reason.
type SkipCount struct {
	Reason string
	Files  int64
}

// SkipCounts counts a repository's skipped files by reason, the most frequent first.
func (f *Flow) SkipCounts(ctx context.Context, repository uuid.UUID) ([]SkipCount, error) {
	rows, err := f.query.CountSkipped(ctx, repository)
	if err != nil {
		return nil, fmt.Errorf("count skipped files of repository %s: %w", repository, err)
	}
	list := make([]SkipCount, len(rows))
	for i, r := range rows {
		list[i] = SkipCount(r)
	}
	return list, nil
}

// Skipped is a file that was not indexed.
type Skipped struct {
	ID     uuid.UUID
	Ref    string
	Path   []byte
	Reason string
	Detail string
}

// SkippedFiles pages through a repository's skipped files by document id.
func (f *Flow) SkippedFiles(ctx context.Context, repository, after uuid.UUID, most int) ([]Skipped, error) {
	rows, err := f.query.ListSkipped(ctx, repository, after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list skipped files: %w", err)
	}
	list := make([]Skipped, len(rows))
	for i, r := range rows {
		list[i] = Skipped{r.ID, r.Ref, r.Path, *r.SkipReason, r.Detail}
	}
	return list, nil
}

// Failed is a document whose last attempt failed.
type Failed struct {
	ID       uuid.UUID
	Ref      string
	Path     string
	Error    string
	Attempts int       // that failed
	Due      time.Time // when it is tried again; zero: only by hand
}

// FailedDocuments pages through a repository's failed documents by id.
func (f *Flow) FailedDocuments(ctx context.Context, repository, after uuid.UUID, most int) ([]Failed, error) {
	rows, err := f.query.ListFailed(ctx, repository, after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list failed documents: %w", err)
	}
	list := make([]Failed, len(rows))
	for i, r := range rows {
		list[i] = Failed{ID: r.ID, Ref: r.Ref, Path: string(r.Path), Error: r.Error, Attempts: int(r.Attempts)}
		if !r.Dead {
			list[i].Due = r.DueAt
		}
	}
	return list, nil
}
