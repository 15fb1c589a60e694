package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// SubmissionKey names a submission: the event's source and id, which
// CloudEvents makes unique, within a tenant.
type SubmissionKey struct {
	Tenant, Source, Event string
}

// Submission is a repo.submitted that could be understood.
type Submission struct {
	SubmissionKey
	Repository uuid.UUID
	URL        string // canonical, without credentials
	Ref        string // as asked for; "" is the default branch
}

// Accept records a submission and its repository. done says that it has been
// dealt with before: the event was delivered twice.
func (c *Catalog) Accept(ctx context.Context, s Submission) (done bool, err error) {
	err = c.inTx(ctx, func(q *query.Queries) error {
		if err := q.PutRepository(ctx, s.Repository, s.Tenant, s.URL); err != nil {
			return err
		}
		state, err := q.PutSubmission(ctx, query.PutSubmissionParams{
			Tenant: s.Tenant, Source: s.Source, Event: s.Event, Repository: &s.Repository, Ref: s.Ref, Lease: c.lease.Seconds(),
		})
		done = state == "done"
		return err
	})
	if err != nil {
		return false, fmt.Errorf("accept submission of %s: %w", s.URL, err)
	}
	return done, nil
}

// FinishSubmission says which snapshot a submission led to.
func (c *Catalog) FinishSubmission(ctx context.Context, s Submission, track uuid.UUID, revision int64) error {
	err := c.inTx(ctx, func(q *query.Queries) error {
		if err := q.SetRepositoryError(ctx, "", s.Repository); err != nil {
			return err
		}
		return q.FinishSubmission(ctx, query.FinishSubmissionParams{
			Tenant: s.Tenant, Source: s.Source, Event: s.Event, Track: track, Revision: revision,
		})
	})
	if err != nil {
		return fmt.Errorf("finish submission of %s: %w", s.URL, err)
	}
	return nil
}

// FailSubmission records that a submission can never work.
func (c *Catalog) FailSubmission(ctx context.Context, s Submission, reason string) error {
	err := c.inTx(ctx, func(q *query.Queries) error {
		if err := q.SetRepositoryError(ctx, clean(reason, maxReason), s.Repository); err != nil {
			return err
		}
		return q.FailSubmission(ctx, query.FailSubmissionParams{Tenant: s.Tenant, Source: s.Source, Event: s.Event, Reason: clean(reason, maxReason)})
	})
	if err != nil {
		return fmt.Errorf("record failure of %s: %w", s.URL, err)
	}
	return nil
}

// RefuseSubmission records a submission that names no repository that leat may read.
func (c *Catalog) RefuseSubmission(ctx context.Context, key SubmissionKey, ref, reason string) error {
	err := c.query.RefuseSubmission(ctx, query.RefuseSubmissionParams{
		Tenant: key.Tenant, Source: key.Source, Event: key.Event, Ref: ref, Reason: clean(reason, maxReason),
	})
	if err != nil {
		return fmt.Errorf("record refusal of submission %s: %w", key.Event, err)
	}
	return nil
}

// DelaySubmission records a failed attempt and when the next is due. It
// returns how many have failed.
func (c *Catalog) DelaySubmission(ctx context.Context, s Submission, reason string, b Backoff) (attempts int, err error) {
	err = c.inTx(ctx, func(q *query.Queries) error {
		if err := q.SetRepositoryError(ctx, clean(reason, maxReason), s.Repository); err != nil {
			return err
		}
		n, err := q.DelaySubmission(ctx, query.DelaySubmissionParams{
			Tenant: s.Tenant, Source: s.Source, Event: s.Event, Reason: clean(reason, maxReason),
			First: b.First.Seconds(), Most: b.Most.Seconds(), AtLeast: b.AtLeast.Seconds(),
		})
		attempts = int(n)
		if noRows(err) { // finished by another worker meanwhile
			return nil
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("record failure of %s: %w", s.URL, err)
	}
	return attempts, nil
}

// OwedSubmissions returns at most most submissions whose due time has passed
// and gives each a new lease.
func (c *Catalog) OwedSubmissions(ctx context.Context, most int) ([]Submission, error) {
	rows, err := c.query.OwedSubmissions(ctx, c.lease.Seconds(), int32(most))
	if err != nil {
		return nil, fmt.Errorf("load owed submissions: %w", err)
	}
	owed := make([]Submission, len(rows))
	for i, r := range rows {
		owed[i] = Submission{SubmissionKey: SubmissionKey{r.Tenant, r.Source, r.Event}, URL: r.Url, Ref: r.Ref}
	}
	return owed, nil
}

// SubmissionStatus is what has come of a submission so far.
type SubmissionStatus struct {
	State      string // pending, done or failed
	Error      string // of the last failed attempt
	Attempts   int    // that failed
	Repository uuid.UUID
	Track      uuid.UUID
	Revision   int64
	Indexed    bool // every document of the snapshot is indexed, failed or skipped, or a later snapshot took its place
}

// SubmissionStatus returns ErrNotFound until a worker has accepted it.
func (c *Catalog) SubmissionStatus(ctx context.Context, key SubmissionKey) (SubmissionStatus, error) {
	r, err := c.query.LoadSubmission(ctx, key.Tenant, key.Source, key.Event)
	if noRows(err) {
		return SubmissionStatus{}, fmt.Errorf("submission %s: %w", key.Event, ErrNotFound)
	}
	if err != nil {
		return SubmissionStatus{}, fmt.Errorf("load submission %s: %w", key.Event, err)
	}
	status := SubmissionStatus{State: r.State, Attempts: int(r.Attempts)}
	if r.Error != nil {
		status.Error = *r.Error
	}
	if r.Repository != nil {
		status.Repository = *r.Repository
	}
	if r.Track != nil && r.Revision != nil {
		status.Track, status.Revision = *r.Track, *r.Revision
		status.Indexed = r.SnapshotState != nil && (*r.SnapshotState == "indexed" || *r.SnapshotState == "superseded")
	}
	return status, nil
}
