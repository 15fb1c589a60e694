package syncer

import (
	"context"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

// pollSource names the syncer as the publisher of a poll's submission.
const pollSource = "/leat/syncer"

const (
	// pollLooks is the number of looks in a poll interval. A poll waits for the next look, so it may
	// come late by such a part of the interval.
	pollLooks = 20
	// leastInterval is the time between two looks however short the poll interval is.
	leastInterval = 250 * time.Millisecond
	// pollMost bounds the polls asked for in one look, and those of a tenant that are pending; the
	// rest follow in the next looks. In pollLooks looks it is ten thousand. It is half of what a tenant
	// may have in the intake (broker.DefaultIntakePerTenant), so pushes find room beside polls.
	pollMost = 500
	// pollFailed is the poll interval of a repository whose last submission
	// failed: each attempt may end as a dead letter that somebody reads.
	pollFailed = 24 * time.Hour
)

// poll asks for a look at the remotes of tracks whose turn has come. It adds
// submissions to the catalog, which are owed and published like any other.
func (s *Step) poll(ctx context.Context) error {
	if s.cfg.PollInterval <= 0 {
		return nil
	}
	n, err := s.catalog.Submissions.AskForPolls(ctx, catalog.Poll{Source: pollSource, Every: s.cfg.PollInterval, EveryFailed: pollFailed, Most: pollMost})
	if n > 0 {
		s.log.Debug("polling", "tracks", n)
	}
	return err
}
