package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/httpapi"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// The requests of a token or a tenant at one gateway count at another too. A token of another
// tenant notices nothing.
func TestGatewaysCountRequestsTogether(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	const burst = 20
	settings := func(c *httpapi.Config) { c.Rate, c.Burst, c.Telling = 0.001, burst, time.Millisecond }
	one, two := over(t, p, settings), over(t, p, settings)
	for _, d := range []*door{one, two} {
		go d.api.Count(t.Context())
		d.grants["a"] = access.Grant{Tenant: "limited", Token: "a", Scopes: access.Scopes, Requests: 1000}
		d.grants["b"] = access.Grant{Tenant: "limited", Token: "b", Scopes: access.Scopes, Requests: 1000}
	}
	// ask sends requests until the gateway refuses, and returns how many it let through. After each
	// it waits until the catalog knows of it.
	ask := func(d *door, token string) (through int) {
		t.Helper()
		for through <= burst {
			before := p.One(t, "select coalesce(sum(extract(epoch from clear_at)), 0)::text from request_rates")
			a := d.ask(t, token, http.MethodGet, "/api/v1/usage", nil)
			if a.StatusCode == http.StatusTooManyRequests {
				if a.Header.Get("Retry-After") == "" {
					t.Error("it is not told how long to wait")
				}
				return through
			}
			if a.StatusCode != http.StatusOK {
				t.Fatalf("%d %s", a.StatusCode, a.body)
			}
			through++
			for p.One(t, "select coalesce(sum(extract(epoch from clear_at)), 0)::text from request_rates") == before {
				if t.Context().Err() != nil {
					t.FailNow()
				}
			}
		}
		return through
	}
	if n := ask(one, all); n != burst {
		t.Errorf("one gateway lets %d through, want %d", n, burst)
	}
	if n := ask(two, all); n < 1 || n > burst/2 {
		t.Errorf("another lets %d through after them", n)
	}
	one.want(t, http.StatusOK, "a", http.MethodGet, "/api/v1/usage", nil)
	for len(p.Rows(t, "update request_rates set clear_at = now() + interval '1 hour' where name = 'tenant limited' returning name")) == 0 {
		if t.Context().Err() != nil {
			t.FailNow()
		}
	}
	if n := ask(two, "b"); n > burst/2 {
		t.Errorf("a tenant whose requests are used up is let through %d times by its second token", n)
	}
	if a := two.ask(t, installation, http.MethodGet, "/api/v1/usage", nil); a.StatusCode != http.StatusOK {
		t.Errorf("another token: %d", a.StatusCode)
	}
}
