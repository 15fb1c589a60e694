package service

import (
	"context"
	"fmt"
	"time"

	"github.com/leatworks/leat/events"
)

// stallAfter is the time without a change after which Follow looks for the reason. It is also the
// pause between such looks.
const stallAfter = 10 * time.Second

// stall watches progress, and finds out why there is none.
type stall struct {
	counts  DocumentCounts
	listing bool
	moved   time.Time // time of the last change of progress
	asked   time.Time // time of the last look for the reason
	reason  string
}

// look returns why the work stands still, or "" while it proceeds.
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

// why says what holds submissions up, as far as leat knows: no worker takes the work, or the error
// of the last attempt on a document. It leaves out numbers of other tenants.
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
		return fmt.Sprintf("%s, but the streams could not be read: %v", what, err)
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

// idle says whether no worker takes the work of a stage.
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
