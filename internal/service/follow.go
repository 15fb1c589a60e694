package service

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// The pace of asking the catalog. Counting documents costs more the more there are, so Follow
// counts every countInterval, and less often if that would take more than countShare of the time
// (see countPause). It begins after the first interval, so that small work is counted once.
//
// It asks whether the work is done after an eighth of the time since the start or the last event,
// within the two other bounds. So it notices the end of 80 ms of work within 90 ms.
const (
	countInterval = 100 * time.Millisecond
	countShare    = 0.1
	mostPause     = 2 * time.Second
	leastInterval = 2 * time.Millisecond
	mostInterval  = 100 * time.Millisecond
)

// FollowRequest asks to follow submissions to their end.
type FollowRequest struct {
	Tenant      string
	Reach       []string                // globs of repositories that may be seen; empty: all of the tenant's
	Submissions []catalog.SubmissionKey // submissions of the tenant
	Patience    int                     // failed attempts of a submission before it counts as refused; 0: no limit
}

// Progress is the state of submissions.
type Progress struct {
	Done    bool               `json:"done"`
	Listing bool               `json:"listing" doc:"At least one tree has not been read completely."`
	Tracks  []RepositoryStatus `json:"repositories" nullable:"false" doc:"The refs of the submissions."`
	Counts  DocumentCounts     `json:"documents" doc:"The sum over the refs."`
	Retries map[string]string  `json:"retries" doc:"Why the last attempt failed, by the id of the event."`
	Refused []Refusal          `json:"refused" nullable:"false" doc:"Submissions that will not be indexed for now."`
	Stalled string             `json:"stalled,omitempty" doc:"Why nothing has changed for ten seconds, as far as leat knows."`

	wanted       map[uuid.UUID]bool // ids of tracks, and of repositories without a known track
	repositories []uuid.UUID        // of all submissions that name one
}

// Refusal says why a submission will not be indexed for now.
type Refusal struct {
	Reason  string    `json:"reason"`
	Waiting *Approval `json:"waiting,omitempty" doc:"The removal that it waits for."`

	repository uuid.UUID
}

// Follow waits until each submission is indexed or has failed. It calls tell with each Progress
// that it counts, from its own goroutine, and returns the last one.
func (s *Service) Follow(ctx context.Context, r FollowRequest, tell func(Progress)) (p Progress, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres|store.NATS); err != nil {
		return p, err
	}
	for _, key := range r.Submissions {
		if key.Tenant != r.Tenant {
			return p, &Error{Kind: NotFound, Field: FieldTenant, Reason: "the submission does not belong to tenant " + r.Tenant}
		}
	}
	// The events only wake the loop early. Some work ends without an event, such as a commit that
	// was indexed before.
	news, stop, err := s.stores.Broker.Hear(events.CompletedOf(r.Tenant))
	if err != nil {
		return p, err
	}
	defer stop()
	told, next := time.Now(), time.Now().Add(countInterval)
	var still stall
	for {
		p, err := s.look(ctx, r)
		if err != nil {
			return p, err
		}
		if began := time.Now(); p.Done || !began.Before(next) {
			if err := s.count(ctx, r.Tenant, &p); err != nil {
				return p, err
			}
			pause := countPause(time.Since(began))
			if !p.Done {
				p.Stalled = still.look(p, func() string { return s.why(ctx, r, p) })
			}
			tell(p)
			next = time.Now().Add(pause)
		}
		if p.Done {
			return p, nil
		}
		select {
		case <-ctx.Done():
			return p, ctx.Err()
		case <-news:
			told = time.Now()
		case <-time.After(min(max(time.Since(told)/8, leastInterval), mostInterval)):
		}
	}
}

// countPause returns the time between two counts if the last one took so long.
func countPause(took time.Duration) time.Duration {
	return min(max(time.Duration(float64(took)/countShare), countInterval), mostPause)
}

// look loads the state of the submissions.
func (s *Service) look(ctx context.Context, r FollowRequest) (Progress, error) {
	p := Progress{Done: true, Tracks: []RepositoryStatus{}, wanted: make(map[uuid.UUID]bool), Retries: make(map[string]string), Refused: []Refusal{}}
	for _, key := range r.Submissions {
		status, err := s.submissionStatus(ctx, r, key)
		if err != nil {
			return p, err
		}
		if status.Repository != uuid.Nil && !slices.Contains(p.repositories, status.Repository) {
			p.repositories = append(p.repositories, status.Repository)
		}
		switch {
		case status.State == catalog.SubmissionFailed:
			p.Refused = append(p.Refused, Refusal{Reason: status.Error, repository: status.Repository})
		case status.State == catalog.SubmissionDone:
			p.wanted[status.Track] = true
			p.Done = p.Done && status.Indexed
		case r.Patience > 0 && status.Attempts >= r.Patience:
			reason := fmt.Sprintf("%s (failed %d times; leat tries again when it is due and workers run)", status.Error, status.Attempts)
			p.Refused = append(p.Refused, Refusal{Reason: reason})
		default: // pending, or not yet accepted
			p.Done, p.Listing = false, true
			if status.Attempts > 0 {
				p.Retries[key.Event] = fmt.Sprintf("attempt %d failed, trying again: %s", status.Attempts, status.Error)
			}
			p.wanted[status.Repository] = true
		}
	}
	return p, nil
}

// submissionStatus returns the status of a submission. It is zero for a submission that is not
// accepted yet, or whose repository the request does not reach.
func (s *Service) submissionStatus(ctx context.Context, r FollowRequest, key catalog.SubmissionKey) (catalog.SubmissionStatus, error) {
	status, err := s.stores.Catalog.Submissions.Status(ctx, key)
	if isNotFound(err) {
		return catalog.SubmissionStatus{}, nil
	}
	if err != nil || status.Repository == uuid.Nil || !restricted(ctx, r.Reach) {
		return status, err
	}
	ids, err := s.repositoryIDs(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach})
	if err == nil && !slices.Contains(ids, status.Repository) {
		status = catalog.SubmissionStatus{}
	}
	return status, err
}

// count adds up the documents of the followed tracks.
func (s *Service) count(ctx context.Context, tenant string, p *Progress) error {
	// The repository of a submission may be another one than its track's, since it was folded into
	// that one.
	heads, err := s.stores.Catalog.Trees.HeadsOf(ctx, tenant, slices.Collect(maps.Keys(p.wanted)))
	if err != nil {
		return err
	}
	ids := p.repositories
	for _, h := range heads {
		if !slices.Contains(ids, h.Repository) {
			ids = append(ids, h.Repository)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	tracks, err := s.stores.Catalog.Tracks(ctx, tenant, ids...)
	if err != nil {
		return err
	}
	for _, counted := range tracks {
		t := repositoryStatus(counted)
		p.await(t)
		if p.wanted[counted.ID] || p.wanted[counted.Repository] {
			p.Tracks = append(p.Tracks, t)
			p.Counts.Total += t.Documents.Total
			p.Counts.Embedded += counted.Documents.Embedded + t.Documents.Indexed
			p.Counts.Indexed += t.Documents.Indexed
			p.Counts.Failed += t.Documents.Failed
			p.Counts.Skipped += t.Documents.Skipped
		}
	}
	return nil
}

// await marks the refused submissions that wait for the approval of a track's removal.
func (p *Progress) await(t RepositoryStatus) {
	if t.Waiting == nil {
		return
	}
	for i, r := range p.Refused {
		if r.repository.String() == t.ID && r.Reason == t.Waiting.Text() {
			p.Refused[i].Waiting = t.Waiting
		}
	}
}
