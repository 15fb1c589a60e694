package catalog

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Approvals are the removals that wait for a person, and the counts that tell whether one
// has to.
type Approvals struct{ *store }

// Standing is the state of a track before another commit is listed.
type Standing struct {
	Commit     string // hex; of the current snapshot
	Revision   int64  // of it
	Documents  int64  // of it: indexed, or to be
	SameConfig bool   // it was listed by this configuration
	SameRules  bool   // and by the same rules of the commit's own
	Exact      bool   // and nothing has been begun since
	Approved   string // commit whose removals somebody has approved, in hex; "": none
}

// Standing returns ErrNotFound for a track that has no current snapshot.
func (as *Approvals) Standing(ctx context.Context, track uuid.UUID, rules Rules) (Standing, error) {
	r, err := as.query.LoadStanding(ctx, track)
	if noRows(err) {
		return Standing{}, fmt.Errorf("current snapshot of track %s: %w", track, ErrNotFound)
	}
	if err != nil {
		return Standing{}, fmt.Errorf("load current snapshot of track %s: %w", track, err)
	}
	same := bytes.Equal(r.Rules, rules.All[:])
	return Standing{
		Commit: hex.EncodeToString(r.Commit), Revision: r.Revision, Documents: r.Documents, Approved: hex.EncodeToString(r.Approved),
		SameConfig: bytes.Equal(r.Config, rules.Config[:]), SameRules: same, Exact: same && r.Exact,
	}, nil
}

// CountDocuments counts the documents among ids that are indexed or going to be.
func (as *Approvals) CountDocuments(ctx context.Context, ids []uuid.UUID) (int64, error) {
	n, err := as.query.CountDocuments(ctx, ids)
	if err != nil {
		return 0, fmt.Errorf("count %d documents: %w", len(ids), err)
	}
	return n, nil
}

// StandingDocument is a document that a standing counts.
type StandingDocument struct {
	ID  uuid.UUID
	OID []byte // git's name of its content
}

// StandingDocuments pages through the documents that a standing counts, in the
// ascending order of their ids.
func (as *Approvals) StandingDocuments(ctx context.Context, track uuid.UUID, at Standing, after uuid.UUID, most int) ([]StandingDocument, error) {
	rows, err := as.query.ListDocuments(ctx, query.ListDocumentsParams{Track: track, Revision: at.Revision, After: after, Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("list documents of track %s: %w", track, err)
	}
	list := make([]StandingDocument, len(rows))
	for i, r := range rows {
		list[i] = StandingDocument{ID: r.ID, OID: r.Oid}
	}
	return list, nil
}

// Approval is a removal that waits for somebody to approve it.
type Approval struct {
	Track              uuid.UUID
	Repository         uuid.UUID
	URL, Ref           string
	Commit             string // hex
	Removes, Documents int64  // how many of how many
	Approved           bool   // somebody has approved it; the removal is under way
}

// String says what waits. The skins say how it goes on.
func (a Approval) String() string {
	return fmt.Sprintf("waiting for approval: would remove %d of %d documents of %s", a.Removes, a.Documents, a.Ref)
}

// Await records that a removal waits for approval. An approval given for the
// same commit stays; a newer commit has to be approved anew.
func (as *Approvals) Await(ctx context.Context, a Approval) error {
	if err := as.await(ctx, as.query, a); err != nil {
		return fmt.Errorf("ask for approval of %s: %w", a.Commit, err)
	}
	return nil
}

// AwaitFor does what Await does, for a submission that has failed for the reason given.
func (as *Approvals) AwaitFor(ctx context.Context, s Submission, a Approval, reason string) error {
	err := as.inTx(ctx, func(q *query.Queries) error {
		if err := as.await(ctx, q, a); err != nil {
			return err
		}
		if err := q.SetRepositoryError(ctx, "", s.Repository); err != nil { // it could be fetched
			return err
		}
		return failQuietly(ctx, q, s, reasonOf(reason))
	})
	if err != nil {
		return fmt.Errorf("ask for approval of %s: %w", a.Commit, err)
	}
	return nil
}

func (as *Approvals) await(ctx context.Context, q *query.Queries, a Approval) error {
	commit, err := hex.DecodeString(a.Commit)
	if err != nil {
		return fault.Reject(fmt.Errorf("commit %q is not hex: %w", a.Commit, err))
	}
	return q.PutApproval(ctx, query.PutApprovalParams{Track: a.Track, Commit: commit, Removes: a.Removes, Documents: a.Documents})
}

// List lists the removals that wait in some repositories of a tenant, or in all.
func (as *Approvals) List(ctx context.Context, tenant string, repositories ...uuid.UUID) ([]Approval, error) {
	rows, err := as.query.ListApprovals(ctx, tenant, orEmpty(repositories))
	if err != nil {
		return nil, fmt.Errorf("list what waits for approval: %w", err)
	}
	list := make([]Approval, len(rows))
	for i, r := range rows {
		list[i] = Approval{
			Track: r.Track, Repository: r.Repository, URL: r.Url, Ref: r.Ref,
			Commit: hex.EncodeToString(r.Commit), Removes: r.Removes, Documents: r.Documents, Approved: r.Approved,
		}
	}
	return list, nil
}

// Approve lets exactly this commit through, and submits its ref again under
// the key given; the syncer publishes that. It returns ErrNotFound if something
// else waits by now.
func (as *Approvals) Approve(ctx context.Context, a Approval, key SubmissionKey) error {
	commit, err := hex.DecodeString(a.Commit)
	if err != nil {
		return fmt.Errorf("commit %q is not hex: %w", a.Commit, err)
	}
	err = as.inTx(ctx, func(q *query.Queries) error {
		n, err := q.Approve(ctx, a.Track, commit)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		return q.AskAgain(ctx, key.Source, key.Event, a.Track)
	})
	if err != nil {
		return fmt.Errorf("approve %s: %w", a.Commit, err)
	}
	return nil
}
