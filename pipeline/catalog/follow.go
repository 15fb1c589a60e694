package catalog

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Head says whether a submission asks for the remote's default branch, whichever that
// is.
func (s Submission) Head() bool { return s.Ref == "" || s.Ref == "HEAD" }

// Follow records that a submission led to a track, which is made if need be,
// and no longer forgotten. It drops a submission that was itself forgotten.
func (c *Core) Follow(ctx context.Context, s Submission, t Track) error {
	key := s.clean()
	err := c.inTx(ctx, func(q *query.Queries) error {
		repository, err := q.LockNamed(ctx, t.Repository)
		unknown := noRows(err)
		if err != nil && !unknown {
			return err
		}
		fenced, err := q.HoldSubmission(ctx, key.Tenant, key.Source, key.Event)
		if noRows(err) || err == nil && fenced {
			return fault.Drop(fmt.Errorf("%s was forgotten meanwhile", t.URL))
		}
		if err != nil {
			return err
		}
		if err := named(repository.Name); err != nil && !unknown {
			return err
		}
		if err := takeRoom(ctx, q, t.Tenant, t.Repository); err != nil {
			return err
		}
		return q.FollowTrack(ctx, query.FollowTrackParams{ID: t.ID, Repository: t.Repository, Ref: t.Ref, Named: !s.Head()})
	})
	if err != nil {
		return fmt.Errorf("follow %s of %s: %w", t.Ref, t.URL, err)
	}
	return nil
}

// ReportGone records somebody's report that the remote has deleted refs, given by their
// full names. It removes nothing: the next submission of such a ref decides (see
// RefGone and Follow). It returns the refs that have a track and were not reported
// a moment ago.
func (c *Core) ReportGone(ctx context.Context, repository uuid.UUID, refs ...string) (reported []string, err error) {
	reported, err = c.query.ReportGone(ctx, repository, orEmpty(refs))
	if err != nil {
		return nil, fmt.Errorf("report refs of repository %s gone: %w", repository, err)
	}
	return reported, nil
}

// RefGone records that the remote no longer has any of the refs that a
// submission may mean. The submission has failed. The tracks of these refs are
// forgotten if their deletion was reported; else they say why and keep their index.
// known is false, and nothing is recorded, if there is no such track.
func (c *Core) RefGone(ctx context.Context, s Submission, refs []string, reason string) (known bool, err error) {
	reason = reasonOf(reason)
	err = c.inTx(ctx, func(q *query.Queries) error {
		if _, err := q.LockRepository(ctx, s.Repository); err != nil && !noRows(err) {
			return err
		}
		forgotten, err := q.ForgetReported(ctx, s.Repository, orEmpty(refs))
		if err != nil {
			return err
		}
		if err := clearTracks(ctx, q, forgotten); err != nil {
			return err
		}
		n, err := q.MarkRefsGone(ctx, query.MarkRefsGoneParams{Reason: reason, Repository: s.Repository, Refs: refs, Head: s.Head()})
		if known = n > 0; err != nil || !known {
			return err
		}
		if err := failQuietly(ctx, q, s, reason); err != nil || len(forgotten) == 0 {
			return err
		}
		return q.ForgetIfBare(ctx, s.Repository)
	})
	if err != nil {
		return false, fmt.Errorf("record that %s has left %s: %w", s.Ref, s.URL, err)
	}
	return known, nil
}

// failQuietly ends a submission whose failure is shown at its track and not at its
// repository.
func failQuietly(ctx context.Context, q *query.Queries, s Submission, reason string) error {
	key := s.clean()
	_, err := q.FailSubmission(ctx, query.FailSubmissionParams{
		Tenant: key.Tenant, Source: key.Source, Event: key.Event, Repository: &s.Repository, Ref: s.Ref, Reason: reason,
	})
	if err != nil {
		return err
	}
	return q.GiveUpListings(ctx, s.Repository)
}

// Predecessor is a track that followed the default branch until another took
// its place, and was never asked for by name.
type Predecessor struct {
	ID                 uuid.UUID
	Ref                string
	Documents, Removes int64  // all; those whose paths the successor lacks
	Approved           string // commit of the successor, in hex, that may take its place; "": none
}

// Predecessors lists the tracks whose place t takes, now that the default
// branch leads to t.
func (c *Core) Predecessors(ctx context.Context, t Track) ([]Predecessor, error) {
	rows, err := c.query.PredecessorsOf(ctx, t.ID, t.Repository)
	if err != nil {
		return nil, fmt.Errorf("list predecessors of %s: %w", t.Ref, err)
	}
	list := make([]Predecessor, len(rows))
	for i, r := range rows {
		list[i] = Predecessor{r.ID, r.Ref, r.Documents, r.Removes, hex.EncodeToString(r.Approved)}
	}
	return list, nil
}

// Succeed lets a track take another's place. The syncer forgets the other track as
// soon as this one is indexed.
func (c *Core) Succeed(ctx context.Context, predecessor uuid.UUID, t Track) error {
	if err := c.query.SetSuccessor(ctx, t.ID, predecessor); err != nil {
		return fmt.Errorf("let %s take the place of track %s: %w", t.Ref, predecessor, err)
	}
	return nil
}

// ForgetSucceeded marks up to most tracks whose successors are indexed as to be
// forgotten, and returns how many.
func (c *Core) ForgetSucceeded(ctx context.Context, most int) (int, error) {
	var ids []uuid.UUID
	err := c.inTx(ctx, func(q *query.Queries) error {
		rows, err := q.SucceededTracks(ctx, int32(most))
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return q.ForgetFolded(ctx)
		}
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		if err := q.ForgetSucceeded(ctx, ids); err != nil {
			return err
		}
		return clearTracks(ctx, q, slices.Clone(ids))
	})
	if err != nil {
		return 0, fmt.Errorf("forget superseded tracks: %w", err)
	}
	return len(ids), nil
}
