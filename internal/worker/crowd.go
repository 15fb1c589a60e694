package worker

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

// crowdPoll is the time in which a worker notices that there is a second tenant.
const crowdPoll = 5 * time.Second

// crowd knows whether a leat has several tenants.
type crowd struct{ several atomic.Bool }

// watch looks now, and then repeatedly until ctx ends or leave is called. A failed look changes
// nothing.
func (c *crowd) watch(ctx context.Context, tenants *catalog.Tenants) (leave func()) {
	look := func() {
		if several, err := tenants.Several(ctx); err == nil {
			c.several.Store(several)
		}
	}
	look()
	ctx, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		ticker := time.NewTicker(crowdPoll)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				look()
			}
		}
	})
	return func() {
		stop()
		watching.Wait()
	}
}
