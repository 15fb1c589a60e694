package ingest

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/pipeline/catalog"
)

// roomForRepository rejects a submission that would give its tenant one repository more
// than it may have. The tenant's repositories stay as they are, and the dead letter can be
// retried. It spares a fetch; follow has the last word.
func (s *Step) roomForRepository(ctx context.Context, sub catalog.Submission) error {
	room, err := s.catalog.Tenants.Room(ctx, sub.Tenant, sub.Repository, uuid.Nil)
	if err != nil || room.MaxRepositories == 0 || room.Repositories < room.MaxRepositories {
		return err
	}
	return fault.Reject(fmt.Errorf("tenant %s has %s repositories, and its limit is %s: forget one, or have the limit raised",
		sub.Tenant, number.Thousands(room.Repositories), number.Thousands(room.MaxRepositories)))
}

// follow records that a track is followed. If another repository has taken the tenant's
// last place meanwhile, it rejects the submission.
func (s *Step) follow(ctx context.Context, sub catalog.Submission, track catalog.Track) error {
	err := s.catalog.Follow(ctx, sub, track)
	if errors.Is(err, catalog.ErrNoRoom) {
		if full := s.roomForRepository(ctx, sub); full != nil {
			return full
		}
	}
	return err // the next attempt finds a place that has become free since then
}

// roomForDocuments rejects a commit with more documents than its tenant may still have; the
// track keeps the documents that it has. It judges files by their names, before any is read,
// so a file counts even if it later proves to be no text. It runs before the commit may have
// to wait for approval; begin has the last word. It returns the number of the commit's
// documents, or 0 if the tenant has no limit.
func (s *Step) roomForDocuments(ctx context.Context, c candidate) (expected int64, err error) {
	room, err := s.catalog.Tenants.Room(ctx, c.track.Tenant, c.track.Repository, c.track.ID)
	if err != nil || room.MaxDocuments == 0 {
		return 0, err
	}
	for e, err := range c.repo.Tree(ctx, c.commit) {
		if err != nil {
			return 0, err
		}
		v, err := c.rules.Path(ctx, e.Path, kindOf(e.Kind), 0)
		if err != nil {
			return 0, err
		}
		if v.Skip == "" {
			expected++
		}
	}
	if room.Documents+expected <= room.MaxDocuments {
		return expected, nil
	}
	return 0, fault.Reject(fmt.Errorf("tenant %s would have %s documents with this commit, and its limit is %s: forget something, or have the limit raised",
		c.track.Tenant, number.Thousands(room.Documents+expected), number.Thousands(room.MaxDocuments)))
}

// begin begins a snapshot. If other commits have taken the tenant's room meanwhile, it
// rejects the commit.
func (s *Step) begin(ctx context.Context, c candidate, expected int64, lane func(first bool) events.Lane) (catalog.Snapshot, error) {
	snapshot, err := s.catalog.BeginSnapshot(ctx, c.track, c.commit, c.by, expected, lane)
	if errors.Is(err, catalog.ErrNoDocumentsRoom) {
		if _, full := s.roomForDocuments(ctx, c); full != nil {
			return snapshot, full
		}
	}
	return snapshot, err // the next attempt finds room that has become free since then
}
