package httpapi

import (
	"context"
	"time"
)

// dropInterval is the pause after which silent names are removed from the catalog again.
const dropInterval = time.Minute

// Count counts the requests of tokens and tenants together with the other gateways, until ctx ends.
// No request waits for that. A gateway learns within moments how many requests the others have let
// through. While the catalog does not answer, each gateway counts for itself.
func (a *API) Count(ctx context.Context) {
	tick := time.NewTicker(a.deps.cfg.Telling)
	defer tick.Stop()
	var dropped time.Time
	said := false // the failure has been logged
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := a.deps.countTogether(ctx)
		if err == nil && time.Since(dropped) > dropInterval {
			dropped, err = time.Now(), a.deps.DropRates(ctx)
		}
		if err != nil && !said && ctx.Err() == nil {
			a.deps.log.WarnContext(ctx, "could not count requests together with other gateways; counting alone until the catalog answers", "error", err)
		}
		said = err != nil
	}
}

// countTogether tells the catalog how many requests this gateway has let through, and learns the
// count of the others.
func (d deps) countTogether(ctx context.Context) error {
	news := d.rates.tell()
	if len(news) == 0 {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	ahead, err := d.AddRequests(bounded, news)
	if err != nil {
		return err // the requests still count here, but the others never learn of them
	}
	d.rates.told(ahead)
	return nil
}
