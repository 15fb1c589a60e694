package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
)

// Figures count what the catalog holds and owes, of all tenants.
type Figures struct {
	Documents        map[string]int64 // by state
	OldestSubmission time.Duration    // age of the oldest that is pending; 0: none is
	OldestSnapshot   time.Duration    // age of the oldest that is not indexed yet; 0: all are
	Letters          int64            // dead letters
	Garbage          int64            // packs whose objects are to be deleted
	SpentTenants     int64            // tenants whose embedding budget of the day is spent
}

// Figures counts. It reads an index of all documents: a second for some millions.
func (c *Core) Figures(ctx context.Context) (Figures, error) {
	f := Figures{Documents: make(map[string]int64)}
	row, err := c.query.LoadFigures(ctx)
	if err != nil {
		return f, fmt.Errorf("load figures: %w", err)
	}
	f.OldestSubmission, f.OldestSnapshot = seconds(row.OldestSubmission), seconds(row.OldestSnapshot)
	f.Letters, f.Garbage, f.SpentTenants = row.Letters, row.Garbage, row.Spent
	states, err := c.query.CountDocumentStates(ctx)
	if err != nil {
		return f, fmt.Errorf("count documents by state: %w", err)
	}
	for _, s := range states {
		f.Documents[s.State] = s.Documents
	}
	return f, nil
}

// Freshness is the time from the submission that asked for a snapshot until the snapshot
// could be searched. It returns ErrNotFound if it cannot be searched yet.
func (c *Core) Freshness(ctx context.Context, track uuid.UUID, revision int64) (events.Lane, time.Duration, error) {
	row, err := c.query.LoadFreshness(ctx, track, revision)
	if noRows(err) {
		return "", 0, ErrNotFound
	}
	if err != nil {
		return "", 0, fmt.Errorf("load the freshness of track %s: %w", track, err)
	}
	return events.Lane(row.Lane), seconds(row.Seconds), nil
}
