package line

import (
	"context"
	"maps"
	"sync"

	"golang.org/x/time/rate"
)

// Pace bounds how many items of one tenant begin in a second. A tenant that has rested may
// begin a number of them at once.
type Pace struct {
	limit rate.Limit
	burst int

	mu      sync.Mutex
	tenants map[string]*rate.Limiter // of tenants that have begun items lately
}

// NewPace lets a tenant begin perSecond items in a second, and twice as many at once after a rest.
// With 0 there is no bound.
func NewPace(perSecond int) *Pace {
	return &Pace{limit: rate.Limit(perSecond), burst: 2 * perSecond, tenants: make(map[string]*rate.Limiter)}
}

// Wait waits until the tenant may begin its next item. It fails when ctx ends. Waiting items begin
// in the order in which they came.
func (p *Pace) Wait(ctx context.Context, tenant string) error {
	if p.limit == 0 {
		return ctx.Err()
	}
	return p.of(tenant).Wait(ctx)
}

func (p *Pace) of(tenant string) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.tenants[tenant]
	if known == nil {
		// A limiter that has rested is as good as a new one, so it need not be kept.
		maps.DeleteFunc(p.tenants, func(_ string, l *rate.Limiter) bool { return l.Tokens() >= float64(p.burst) })
		known = rate.NewLimiter(p.limit, p.burst)
		p.tenants[tenant] = known
	}
	return known
}
