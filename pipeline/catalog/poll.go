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
	Most        int           // tracks at once, and a tenant's pending polls
}

// planMost bounds the new tracks for which one call finds a place in the interval.
const planMost = 1000

// AskForPolls adds a submission for each track whose turn has come and whose ref has no
// pending submission. The submission is due at once, and replaces the track's earlier
// ones of the same source. It returns the number of submissions.
func (ss *Submissions) AskForPolls(ctx context.Context, p Poll) (int, error) {
	if err := ss.query.PlanPolls(ctx, p.Every.Seconds(), planMost); err != nil {
		return 0, fmt.Errorf("plan polls: %w", err)
	}
	events, err := ss.query.PollTracks(ctx, query.PollTracksParams{
		Source: p.Source, Every: p.Every.Seconds(), EveryFailed: p.EveryFailed.Seconds(), Most: int32(p.Most),
	})
	if err != nil {
		return 0, fmt.Errorf("poll tracks: %w", err)
	}
	return len(events), nil
}

// ReadAgain submits, in the name of source, tracks that were listed by another
// configuration than config. It submits each track at most once in the time every, and up to
// most tracks in one call. In another key domain a configuration counts as another one. It
// returns the number of submissions.
func (ss *Submissions) ReadAgain(ctx context.Context, source string, config func(domain string) [32]byte, every time.Duration, most int) (int, error) {
	domains, err := loadDomains(ctx, ss.query)
	if err != nil {
		return 0, err
	}
	own := config("")
	p := query.AskToReadAgainParams{Source: source, Config: own[:], Every: every.Seconds(), Most: int32(most), Tenants: []string{}, Configs: [][]byte{}, Destroyed: []string{}}
	for tenant, domain := range domains {
		if domain.Destroyed {
			p.Destroyed = append(p.Destroyed, tenant)
			continue
		}
		within := config(domain.Name)
		p.Tenants, p.Configs = append(p.Tenants, tenant), append(p.Configs, within[:])
	}
	asked, err := ss.query.AskToReadAgain(ctx, p)
	if err != nil {
		return 0, fmt.Errorf("ask for tracks to be read again: %w", err)
	}
	return len(asked), nil
}
