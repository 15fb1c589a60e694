package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Removals are the repositories and tracks that are being forgotten.
type Removals struct{ *store }

// Forget marks a repository, or its tracks at some refs, to be removed; the syncer
// does the rest. From here on nothing of them counts as indexed, and no event that was
// accepted before brings them back. Forget is idempotent, and tries removals again that
// had been given up. It returns how many tracks it marked, or ErrNotFound.
func (rs *Removals) Forget(ctx context.Context, repository uuid.UUID, refs ...string) (tracks int, err error) {
	err = rs.inTx(ctx, func(q *query.Queries) error {
		if _, err := q.LockRepository(ctx, repository); noRows(err) {
			return ErrNotFound
		} else if err != nil {
			return err
		}
		marked, err := q.ForgetTracks(ctx, repository, orEmpty(refs))
		if err != nil {
			return err
		}
		if tracks = len(marked); tracks == 0 && len(refs) > 0 {
			return ErrNotFound
		}
		if err := clearTracks(ctx, q, marked); err != nil {
			return err
		}
		return fence(ctx, q, repository, refs)
	})
	if err != nil {
		return 0, fmt.Errorf("forget repository %s: %w", repository, err)
	}
	return tracks, nil
}

// clearTracks ends the work under way on tracks that are being forgotten.
func clearTracks(ctx context.Context, q *query.Queries, tracks []uuid.UUID) error {
	for _, statement := range []func(context.Context, []uuid.UUID) error{q.SupersedeAll, q.DropApprovals, q.RetryRemovals} {
		if err := statement(ctx, tracks); err != nil {
			return err
		}
	}
	return nil
}

// fence keeps past submissions from bringing anything back when their events are
// delivered once more.
func fence(ctx context.Context, q *query.Queries, repository uuid.UUID, refs []string) error {
	if err := q.DropTrackLetters(ctx, &repository, orEmpty(refs)); err != nil {
		return err
	}
	if len(refs) > 0 {
		if err := q.FencePending(ctx, &repository, refs); err != nil {
			return err
		}
		return q.ForgetIfBare(ctx, repository)
	}
	if err := q.FenceSubmissions(ctx, &repository); err != nil {
		return err
	}
	if err := q.DropTagRules(ctx, repository); err != nil {
		return err
	}
	return q.ForgetRepository(ctx, repository)
}

// recall stops the forgetting of a repository, but not of its tracks: the submitted
// track is recalled when it is known (see Follow).
func recall(ctx context.Context, q *query.Queries, repository uuid.UUID) error {
	row, err := q.LockNamed(ctx, repository)
	if err != nil {
		return err
	}
	if err := named(row.Name); err != nil || !row.Forgotten {
		return err
	}
	if err := q.ForgetEachTrack(ctx, repository); err != nil {
		return err
	}
	return q.RecallRepository(ctx, repository)
}

// Tracks lists up to most tracks that are being forgotten.
func (rs *Removals) Tracks(ctx context.Context, most int) ([]Track, error) {
	rows, err := rs.query.ForgottenTracks(ctx, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list forgotten tracks: %w", err)
	}
	tracks := make([]Track, len(rows))
	for i, r := range rows {
		tracks[i] = Track{ID: r.ID, Repository: r.Repository}
	}
	return tracks, nil
}

// RemoveDocuments marks up to most documents of a forgotten track as removed, and
// returns them. Their revision stays, because every late write sees that the content is
// gone. The caller holds the repository's lock.
func (rs *Removals) RemoveDocuments(ctx context.Context, t Track, most int) (removed []uuid.UUID, err error) {
	err = rs.inTx(ctx, func(q *query.Queries) error {
		if _, err := q.LockRepository(ctx, t.Repository); err != nil {
			return err
		}
		if err := q.DropForgottenSkipped(ctx, t.ID); err != nil {
			return err
		}
		removed, err = q.RemoveForgotten(ctx, rs.lease.Seconds(), t.ID, int32(most))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("remove documents of track %s: %w", t.ID, err)
	}
	return removed, nil
}

// DropTrack deletes the rows of a forgotten track once it has no document left.
// dropped is false while it has documents, and if it has been recalled. The caller
// holds the repository's lock.
func (rs *Removals) DropTrack(ctx context.Context, t Track) (dropped bool, err error) {
	err = rs.inTx(ctx, func(q *query.Queries) error {
		if _, err := q.LockRepository(ctx, t.Repository); err != nil {
			return err
		}
		if err := q.RaiseFloor(ctx, t.ID); err != nil {
			return err
		}
		n, err := q.DropTrack(ctx, t.ID)
		dropped = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("drop track %s: %w", t.ID, err)
	}
	return dropped, nil
}

// BareRepositories lists up to most forgotten repositories without a track.
func (rs *Removals) BareRepositories(ctx context.Context, most int) ([]uuid.UUID, error) {
	ids, err := rs.query.BareRepositories(ctx, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list forgotten repositories: %w", err)
	}
	return ids, nil
}

// DropRepository deletes the row of a forgotten repository without a track.
// The caller holds the repository's lock.
func (rs *Removals) DropRepository(ctx context.Context, id uuid.UUID) error {
	err := rs.inTx(ctx, func(q *query.Queries) error {
		forgotten, err := q.LockRepository(ctx, id)
		if noRows(err) || err == nil && !forgotten {
			return nil
		}
		if err != nil {
			return err
		}
		// A worker without the lock may have added submissions since.
		if err := q.FenceSubmissions(ctx, &id); err != nil {
			return err
		}
		_, err = q.DropRepository(ctx, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop repository %s: %w", id, err)
	}
	return nil
}

// KnownRepositories returns the ids that the catalog holds.
func (c *Core) KnownRepositories(ctx context.Context, ids []uuid.UUID) ([]uuid.UUID, error) {
	known, err := c.query.KnownRepositories(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("look up %d repositories: %w", len(ids), err)
	}
	return known, nil
}
