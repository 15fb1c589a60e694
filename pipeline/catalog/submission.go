package catalog

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"math"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Submissions are the requests to index a ref, and what became of them.
type Submissions struct{ *store }

// SubmissionKey names a submission: the event's source and id, which
// CloudEvents makes unique, within a tenant.
type SubmissionKey struct {
	Tenant, Source, Event string
}

// Submission is a repo.submitted that could be understood.
type Submission struct {
	SubmissionKey
	Repository uuid.UUID
	URL        string // as submitted, in canonical form, without credentials
	Fetched    string // the address that was fetched; "" is URL
	Ref        string // as asked for; "" is the default branch
}

// clean takes the credential out of a source that is a URL with one. Every method does
// so, and the same source always gives the same key.
func (k SubmissionKey) clean() SubmissionKey {
	return SubmissionKey{clean(k.Tenant, maxKey), shorten(k.Source), shorten(k.Event)}
}

// maxKey is how many bytes of a part of a key, or of a ref, are kept. An index takes
// 2,704 bytes in all, and an attribute of an event may have 4,096.
const maxKey = 1024

// shorten replaces the end of a longer text by a hash, so that the text still names one
// event.
func shorten(text string) string {
	text = clean(text, math.MaxInt)
	if len(text) <= maxKey {
		return text
	}
	return fmt.Sprintf("%s…%x", storable(text[:maxKey-100]), sha256.Sum256([]byte(text)))
}

// Accept records a submission and its repository. done says that the submission has been
// dealt with before: its event was delivered twice, or its repository has been forgotten
// since. A new submission of a repository that is being forgotten calls the repository
// back.
func (ss *Submissions) Accept(ctx context.Context, s Submission) (done bool, err error) {
	key := s.clean()
	err = ss.inTx(ctx, func(q *query.Queries) error {
		if done, err = q.SubmissionFenced(ctx, key.Tenant, key.Source, key.Event); done || err != nil {
			return err
		}
		if err := register(ctx, q, s); err != nil {
			return err
		}
		if err := recall(ctx, q, s.Repository); err != nil {
			return err
		}
		state, err := q.PutSubmission(ctx, query.PutSubmissionParams{
			Tenant: key.Tenant, Source: key.Source, Event: key.Event, Repository: &s.Repository, Url: s.URL, Ref: s.Ref, Lease: ss.lease.Seconds(),
		})
		done = SubmissionState(state) != SubmissionPending
		return err
	})
	if err != nil {
		return false, fmt.Errorf("accept submission of %s: %w", s.URL, err)
	}
	return done, nil
}

// Renew puts off the due time of a submission that is still pending, because work on it
// is under way.
func (ss *Submissions) Renew(ctx context.Context, s Submission) error {
	key := s.clean()
	err := ss.query.RenewSubmission(ctx, query.RenewSubmissionParams{
		Lease: ss.lease.Seconds(), Tenant: key.Tenant, Source: key.Source, Event: key.Event,
	})
	if err != nil {
		return fmt.Errorf("renew the lease of submission %s: %w", key.Event, err)
	}
	return nil
}

// Finish records the snapshot to which a submission led.
func (ss *Submissions) Finish(ctx context.Context, s Submission, track uuid.UUID, revision int64) error {
	key := s.clean()
	err := ss.together(ctx, func(q *query.Queries) error {
		if err := q.SetRepositoryError(ctx, "", s.Repository); err != nil {
			return err
		}
		if err := q.SetFetchURL(ctx, cmp.Or(s.Fetched, s.URL), s.Repository); err != nil {
			return err
		}
		if err := q.DropApprovals(ctx, []uuid.UUID{track}); err != nil {
			return err
		}
		return q.FinishSubmission(ctx, query.FinishSubmissionParams{
			Tenant: key.Tenant, Source: key.Source, Event: key.Event, Track: track, Revision: revision,
		})
	})
	if err != nil {
		return fmt.Errorf("finish submission of %s: %w", s.URL, err)
	}
	return nil
}

// Fail records that a submission can never work. A listing that it
// had begun is given up, unless another submission of the repository goes on
// with it.
func (ss *Submissions) Fail(ctx context.Context, s Submission, reason string) error {
	key, reason := s.clean(), reasonOf(reason)
	err := ss.inTx(ctx, func(q *query.Queries) error {
		if fenced, err := q.SubmissionFenced(ctx, key.Tenant, key.Source, key.Event); fenced || err != nil {
			return err
		}
		if err := enter(ctx, q, s); err != nil {
			return err
		}
		failed, err := q.FailSubmission(ctx, query.FailSubmissionParams{
			Tenant: key.Tenant, Source: key.Source, Event: key.Event, Repository: &s.Repository, Ref: s.Ref, Reason: reason,
		})
		if err != nil || failed == 0 { // finished by another worker meanwhile
			return err
		}
		if err := q.GiveUpListings(ctx, s.Repository); err != nil {
			return err
		}
		return q.SetRepositoryError(ctx, reason, s.Repository)
	})
	if err != nil {
		return fmt.Errorf("record failure of %s: %w", s.URL, err)
	}
	return nil
}

// Refuse records a submission that names no repository that leat may read.
func (ss *Submissions) Refuse(ctx context.Context, key SubmissionKey, ref, reason string) error {
	key = key.clean()
	_, err := ss.query.FailSubmission(ctx, query.FailSubmissionParams{
		Tenant: key.Tenant, Source: key.Source, Event: key.Event, Ref: clean(ref, maxKey), Reason: reasonOf(reason),
	})
	if err != nil {
		return fmt.Errorf("record refusal of submission %s: %w", key.Event, err)
	}
	return nil
}

// Delay records a failed attempt and when the next is due. It also records a submission
// whose attempt failed before it was accepted, because its event is about to be
// acknowledged. It returns how many attempts have failed, or 0 if the submission is not
// pending any more.
func (ss *Submissions) Delay(ctx context.Context, s Submission, reason string, b Backoff) (attempts int, err error) {
	key, reason := s.clean(), reasonOf(reason)
	err = ss.inTx(ctx, func(q *query.Queries) error {
		if fenced, err := q.SubmissionFenced(ctx, key.Tenant, key.Source, key.Event); fenced || err != nil {
			return err
		}
		if err := enter(ctx, q, s); err != nil {
			return err
		}
		n, err := q.DelaySubmission(ctx, query.DelaySubmissionParams{
			Tenant: key.Tenant, Source: key.Source, Event: key.Event, Repository: &s.Repository, Url: s.URL, Ref: s.Ref, Reason: reason,
			First: b.First.Seconds(), Most: b.Most.Seconds(), AtLeast: b.AtLeast.Seconds(),
		})
		if noRows(err) { // finished by another worker meanwhile
			return nil
		}
		if err != nil {
			return err
		}
		attempts = int(n)
		return q.SetRepositoryError(ctx, reason, s.Repository)
	})
	if err != nil {
		return 0, fmt.Errorf("record failure of %s: %w", s.URL, err)
	}
	return attempts, nil
}

// Owed returns up to most submissions whose due time has passed, and gives each a new
// lease.
func (ss *Submissions) Owed(ctx context.Context, most int) ([]Submission, error) {
	rows, err := ss.query.OwedSubmissions(ctx, ss.lease.Seconds(), int32(most))
	if err != nil {
		return nil, fmt.Errorf("load owed submissions: %w", err)
	}
	owed := make([]Submission, len(rows))
	for i, r := range rows {
		owed[i] = Submission{SubmissionKey: SubmissionKey{r.Tenant, r.Source, r.Event}, URL: r.Url, Ref: r.Ref}
	}
	return owed, nil
}

// SubmissionState is the state of a submission.
type SubmissionState string

// The states of a submission.
const (
	SubmissionPending SubmissionState = "pending" // accepted; an attempt is under way, or due
	SubmissionDone    SubmissionState = "done"    // its snapshot is listed
	SubmissionFailed  SubmissionState = "failed"  // nothing is tried again unless somebody asks for it
)

// SubmissionStatus is the state of a submission so far.
type SubmissionStatus struct {
	State      SubmissionState
	Error      string // of the last failed attempt
	Attempts   int    // that failed
	Repository uuid.UUID
	Track      uuid.UUID
	Revision   int64
	Indexed    bool // every document of the snapshot is indexed, failed or skipped, or a later snapshot took its place
}

// Status returns ErrNotFound until a worker has accepted it.
func (ss *Submissions) Status(ctx context.Context, key SubmissionKey) (SubmissionStatus, error) {
	key = key.clean()
	r, err := ss.query.LoadSubmission(ctx, key.Tenant, key.Source, key.Event)
	if noRows(err) {
		return SubmissionStatus{}, fmt.Errorf("submission %s: %w", key.Event, ErrNotFound)
	}
	if err != nil {
		return SubmissionStatus{}, fmt.Errorf("load submission %s: %w", key.Event, err)
	}
	status := SubmissionStatus{State: SubmissionState(r.State), Attempts: int(r.Attempts)}
	if r.Error != nil {
		status.Error = *r.Error
	}
	if r.Repository != nil {
		status.Repository = *r.Repository
	}
	if r.Track != nil && r.Revision != nil {
		status.Track, status.Revision = *r.Track, *r.Revision
		// A snapshot that retention has deleted had been superseded.
		status.Indexed = r.SnapshotState == nil || SnapshotState(*r.SnapshotState).settled()
	}
	return status, nil
}
