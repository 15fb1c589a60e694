package httpapi_test

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/httpapi"
)

// The test walks over all routes with odd and with good values. No answer is a failure of the
// server, each error is a problem, and a tenant without data learns nothing of another's.
func TestAWalkOverTheRoutes(t *testing.T) {
	const steps = 600
	d := open(t)
	repo := furnish(t, d)
	d.grants["stranger"] = access.Grant{Tenant: "stranger", Token: "s", Scopes: access.Scopes}
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	values := []string{
		"", "0", "1", "-1", "99999999999999999999", "a", secret, secret + ".go", "../../etc/passwd", "%", "\u202e", "🌊", "'; drop table documents; --", "refs/heads/main",
		repo.Dir, events.RepositoryID("acme", repo.Dir).String(), "true", "2026-01-02T03:04:05Z", "24h", strings.Repeat("x", 5000), "a\x00b", "\xff", "Go", "function", "7-9", "*", "[", "{a,b", "**/*",
	}
	value := func() string { return values[random.IntN(len(values))] }
	routes := operations(t)
	answered := 0
	for range steps {
		o := routes[random.IntN(len(routes))]
		if strings.HasSuffix(o.path, "/events") { // a stream does not end
			continue
		}
		path := placeholder.ReplaceAllStringFunc(o.path, func(string) string { return url.PathEscape(value() + "x"[:random.IntN(2)]) })
		query := url.Values{}
		for _, p := range o.Parameters {
			if p.In == "query" && p.Name != "tenant" && (p.Required || random.IntN(3) == 0) {
				query.Add(p.Name, value())
			}
		}
		var body any
		if o.RequestBody != nil {
			body = map[string]any{
				"repository": value(), "reason": value(), "ids": []any{1, value()}[:random.IntN(3)], "number": random.IntN(5) - 1, "name": value(), "scopes": []string{value()},
				"commit": value(), "ref": value(), "to": value(),
			}
		}
		token := []string{all, installation, "stranger"}[random.IntN(3)]
		a := d.ask(t, token, o.method, path+"?"+query.Encode(), body, "Range", []string{"", "bytes=0-3", "bytes=9999-", "lines=1"}[random.IntN(4)], "Idempotency-Key", "k")
		if a.StatusCode >= http.StatusInternalServerError {
			t.Errorf("seed %d: %s %s?%s as %s: %d %s", seed, o.method, path, query.Encode(), token, a.StatusCode, a.body)
		}
		if a.StatusCode < http.StatusMultipleChoices {
			answered++
		}
		if a.StatusCode >= http.StatusBadRequest {
			if p := decode[httpapi.Problem](t, a); p.Detail == "" || p.RequestID == "" {
				t.Errorf("seed %d: %s %s: %s", seed, o.method, path, a.body)
			}
		}
		if asked := path + query.Encode(); token == "stranger" && strings.Contains(string(a.body), secret) && !strings.Contains(asked, secret) && body == nil {
			t.Errorf("seed %d: %s %s?%s tells a stranger: %s", seed, o.method, path, query.Encode(), a.body)
		}
	}
	if answered < steps/30 {
		t.Errorf("seed %d: only %d requests were answered", seed, answered)
	}
	if strings.Contains(d.Logs.String(), "panicked") {
		t.Errorf("seed %d: a handler panicked: %s", seed, d.Logs.String())
	}
}
