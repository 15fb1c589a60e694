package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Poll says which tracks are due for a look at their remotes.
type Poll struct {
	Source      string        // of the submissions
	Every       time.Duration // how often a track is due
	EveryFailed time.Duration // the same where a repository's last submission failed, if that is longer
	Most        int           // tracks at once
}

// AskForPolls adds a submission for each track whose turn has come and whose ref
// has none pending. The submission is due at once, and replaces the track's
// earlier ones of the same source. It returns the number of submissions.
func (c *Core) AskForPolls(ctx context.Context, p Poll) (int, error) {
	events, err := c.query.PollTracks(ctx, query.PollTracksParams{
		Source: p.Source, Every: p.Every.Seconds(), EveryFailed: p.EveryFailed.Seconds(), Most: int32(p.Most),
	})
	if err != nil {
		return 0, fmt.Errorf("poll tracks: %w", err)
	}
	return len(events), nil
}
