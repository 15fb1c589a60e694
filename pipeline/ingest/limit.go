package ingest

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/pipeline/catalog"
)

// roomForRepository rejects a submission of one repository more than its tenant may have.
// What the tenant has stays as it is, and the dead letter can be retried. It is asked
// before a fetch; follow decides.
func (s *Step) roomForRepository(ctx context.Context, sub catalog.Submission) error {
	room, err := s.catalog.Room(ctx, sub.Tenant, sub.Repository, uuid.Nil)
	if err != nil || room.MaxRepositories == 0 || room.Repositories < room.MaxRepositories {
		return err
	}
	return fault.Reject(fmt.Errorf("tenant %s has %s repositories, and its limit is %s: forget one, or have the limit raised",
		sub.Tenant, number.Thousands(room.Repositories), number.Thousands(room.MaxRepositories)))
}

// follow has a track followed. If another repository has taken the tenant's last place
// meanwhile, it rejects the submission.
func (s *Step) follow(ctx context.Context, sub catalog.Submission, track catalog.Track) error {
	err := s.catalog.Follow(ctx, sub, track)
	if errors.Is(err, catalog.ErrNoRoom) {
		if full := s.roomForRepository(ctx, sub); full != nil {
			return full
		}
	}
	return err // a place that has become free since then is found at the next attempt
}

// roomForDocuments rejects a commit with more documents than its tenant may still have. It
// judges files by their names, before any is read: those that prove to be no text count.
// The track keeps what it has.
func (s *Step) roomForDocuments(ctx context.Context, c candidate) error {
	room, err := s.catalog.Room(ctx, c.track.Tenant, c.track.Repository, c.track.ID)
	if err != nil || room.MaxDocuments == 0 {
		return err
	}
	documents := room.Documents
	for e, err := range c.repo.Tree(ctx, c.commit) {
		if err != nil {
			return err
		}
		if c.rules.Path(e.Path, kindOf(e.Kind), 0).Skip == "" {
			documents++
		}
	}
	if documents <= room.MaxDocuments {
		return nil
	}
	return fault.Reject(fmt.Errorf("tenant %s would have %s documents with this commit, and its limit is %s: forget something, or have the limit raised",
		c.track.Tenant, number.Thousands(documents), number.Thousands(room.MaxDocuments)))
}
