package httpapi

import (
	"context"
	"time"
)

// dropInterval is the pause between two times that names which are silent are forgotten in
// the catalog.
const dropInterval = time.Minute

// Count counts the requests of tokens and tenants together with the other gateways, until ctx
// ends. No request waits for that: a gateway learns within moments what others have let
// through. While the catalog does not answer, each gateway counts for itself.
func (a *API) Count(ctx context.Context) {
	tick := time.NewTicker(a.deps.cfg.Telling)
	defer tick.Stop()
	var dropped time.Time
	said := false // that it does not work
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
			a.deps.log.WarnContext(ctx, "requests are not counted together with other gateways", "error", err)
		}
		said = err != nil
	}
}

// countTogether tells what this gateway has let through, and learns what the others have.
func (d deps) countTogether(ctx context.Context) error {
	news := d.rates.tell()
	if len(news) == 0 {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	ahead, err := d.AddRequests(bounded, news)
	if err != nil {
		return err // what was not told is lost to the others, and counts here
	}
	d.rates.told(ahead)
	return nil
}
