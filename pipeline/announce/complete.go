package announce

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Snapshots knows which snapshots are complete. The catalog does.
type Snapshots interface {
	CompletedSnapshots(ctx context.Context, tracks []uuid.UUID) ([]catalog.Completed, error)
	MarkSnapshotIndexed(ctx context.Context, track uuid.UUID, revision int64) error
}

// Complete publishes repo.indexed for each of the tracks whose current snapshot
// has no open document left, and marks the snapshot. The events continue the
// trace that is given with each track. After a crash between the two, the event
// is published again under the same id.
func Complete(ctx context.Context, c Snapshots, g *catalog.Generations, p *Publisher, tracks map[uuid.UUID]Trace) error {
	if len(tracks) == 0 {
		return nil
	}
	done, err := c.CompletedSnapshots(ctx, slices.Collect(maps.Keys(tracks)))
	if err != nil || len(done) == 0 {
		return err
	}
	active, err := g.Active(ctx)
	if err != nil {
		return err
	}
	for _, s := range done {
		out := Event{
			ID: fmt.Sprintf("%s@%d", s.ID, s.Revision), On: events.CompletedSubject(s.Tenant, s.Repository),
			About: s.URL, Trace: tracks[s.ID],
			Data: events.RepoIndexed{
				Tenant: s.Tenant, Repository: s.Repository.String(), Track: s.ID.String(), URL: s.URL, Ref: s.Ref,
				Commit: s.Commit, Revision: s.Revision, Generation: active.Number,
				Documents: events.DocumentCounts{Indexed: s.Indexed, Failed: s.Failed, Skipped: s.Skipped},
			},
		}
		if err := p.Publish(ctx, out); err != nil {
			return err
		}
		if err := c.MarkSnapshotIndexed(ctx, s.ID, s.Revision); err != nil {
			return err
		}
		if p.complete != nil {
			p.complete(ctx, catalog.SnapshotKey{Track: s.ID, Revision: s.Revision})
		}
	}
	return nil
}
