package httpapi

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// tenantRates limits the requests of each tenant that has a limit, in this process.
type tenantRates struct {
	mu      sync.Mutex
	tenants map[string]*rate.Limiter
}

func newTenantRates() *tenantRates { return &tenantRates{tenants: make(map[string]*rate.Limiter)} }

// take counts a request of a tenant, whose limit is a number of requests a minute; 0 is no
// limit. It returns how long the tenant has to wait for its next request, 0 if it need not.
// A minute's requests may come at once, and then no more until the next are due.
func (r *tenantRates) take(tenant string, perMinute int) time.Duration {
	if perMinute == 0 {
		return 0
	}
	return take(r.of(tenant, perMinute))
}

// of returns a tenant's limiter. There are as many as tenants with a limit, which an
// operator creates; a limit that has changed begins anew.
func (r *tenantRates) of(tenant string, perMinute int) *rate.Limiter {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.tenants[tenant]
	if l == nil || l.Burst() != perMinute {
		l = rate.NewLimiter(rate.Limit(float64(perMinute)/60), perMinute)
		r.tenants[tenant] = l
	}
	return l
}
