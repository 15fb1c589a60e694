package service

import (
	"context"
	"fmt"
	"time"

	"github.com/leatworks/leat/events"
)

// stallAfter is how long nothing may change before Follow looks for the reason, and how
// often it looks from then on.
const stallAfter = 10 * time.Second

// stall watches progress, and says why there is none.
type stall struct {
	counts  DocumentCounts
	listing bool
	moved   time.Time // when the progress last changed
	asked   time.Time // when the reason was last looked for
	reason  string
}

// look returns why the work stands still; "" while it goes on.
func (w *stall) look(p Progress, why func() string) string {
	now := time.Now()
	if w.moved.IsZero() || w.counts != p.Counts || w.listing != p.Listing {
		*w = stall{counts: p.Counts, listing: p.Listing, moved: now}
	}
	if now.Sub(w.moved) >= stallAfter && now.Sub(w.asked) >= stallAfter {
		w.asked, w.reason = now, why()
	}
	return w.reason
}

// why says what keeps submissions from going on, as far as it can be told: nobody takes the
// work, or what the last attempt on a document ran into. Numbers of other tenants are left out.
func (s *Service) why(ctx context.Context, r FollowRequest, p Progress) string {
	stage, what := "ingestor", "the submission is not read yet"
	switch {
	case p.Listing:
	case p.Counts.Embedded+p.Counts.Failed < p.Counts.Total:
		stage, what = "embedder", "documents wait for their vectors"
	default:
		stage, what = "indexer", "documents wait to be indexed"
	}
	idle, err := s.idle(ctx, stage)
	switch {
	case err != nil:
		return fmt.Sprintf("%s, and the streams cannot be read: %v", what, err)
	case idle:
		return fmt.Sprintf("%s: no %s takes work; start one, or see its log ('leat doctor' says what is wrong)", what, stage)
	}
	failed, err := s.Failed(ctx, FailedRequest{Tenant: r.Tenant, Reach: r.Reach, Page: Page{Limit: 1}})
	if err == nil && len(failed.Failed) > 0 {
		f := failed.Failed[0]
		return fmt.Sprintf("%s; %s of %s failed %d times: %s", what, f.Path, f.Repository, f.Attempts, f.Error)
	}
	return fmt.Sprintf("%s: the %s holds them and finishes none; see its log ('leat doctor' says what is wrong)", what, stage)
}

// idle says whether nobody takes the work of a stage.
func (s *Service) idle(ctx context.Context, stage string) (bool, error) {
	list, err := s.stores.Catalog.Generations.List(ctx)
	if err != nil {
		return false, err
	}
	for _, lane := range events.Lanes {
		for _, c := range consumersOf(stage, lane, list) {
			lag, err := s.stores.Broker.Lag(ctx, c.Stream, c.Name)
			if err != nil {
				return false, err
			}
			if lag.Waiting > 0 || lag.InFlight > 0 {
				return false, nil
			}
		}
	}
	return true, nil
}
