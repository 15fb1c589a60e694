package httpapi_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/httpapi"
)

// A request that is sent again is done once, and gets the first answer.
func TestARequestIsDoneOnce(t *testing.T) {
	d := open(t)
	d.Rows(t, "insert into tenants (name) values ('acme')")
	d.grants["leat_other"] = access.Grant{Tenant: "acme", Token: "other", Scopes: access.Scopes}
	create := func(token, key, name string) answer {
		t.Helper()
		return d.ask(t, token, http.MethodPost, "/api/v1/tokens", map[string]any{"name": name, "scopes": []string{"read"}}, "Idempotency-Key", key)
	}
	first := create(all, "k", "ci")
	if first.StatusCode != http.StatusCreated || first.Header.Get(httpapi.HeaderReplayed) != "" {
		t.Fatalf("%d %s", first.StatusCode, first.body)
	}
	for range 3 {
		if a := create(all, "k", "ci"); a.StatusCode != http.StatusCreated || string(a.body) != string(first.body) || a.Header.Get(httpapi.HeaderReplayed) != "true" ||
			a.Header.Get("Content-Type") != first.Header.Get("Content-Type") || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("again: %d %v %s", a.StatusCode, a.Header, a.body)
		}
	}
	if n := d.One(t, "select count(*)::text from tokens"); n != "1" {
		t.Errorf("%s tokens were created", n)
	}
	secret := decode[struct{ Token string }](t, first).Token
	if stored := d.One(t, "select string_agg(encode(answer, 'escape'), ' ') from replies"); stored == "" || strings.Contains(stored, secret) {
		t.Error("the catalog holds the secret of the answer")
	}
	for name, a := range map[string]answer{
		"another body":  create(all, "k", "other"),
		"another route": d.ask(t, all, http.MethodPost, "/api/v1/hooks", map[string]any{"name": "h", "provider": "generic", "allowed": []string{"h/a"}}, "Idempotency-Key", "k"),
		"a long key":    create(all, strings.Repeat("k", 256), "ci"),
	} {
		if a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s with the key: %d %s", name, a.StatusCode, a.body)
		}
	}
	// Each token has its own keys.
	if a := create("leat_other", "k", "ci"); a.StatusCode != http.StatusCreated || string(a.body) == string(first.body) {
		t.Errorf("another token: %d %s", a.StatusCode, a.body)
	}
	// A failure is not kept. Neither is an answer whose time is over.
	if a := create(all, "late", ""); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("no name: %d %s", a.StatusCode, a.body)
	}
	if a := create(all, "late", "ci"); a.StatusCode != http.StatusCreated {
		t.Errorf("after a failure: %d %s", a.StatusCode, a.body)
	}
	d.Rows(t, "update replies set ends_at = now() where key = 'k'")
	if a := create(all, "k", "ci"); a.StatusCode != http.StatusCreated || string(a.body) == string(first.body) {
		t.Errorf("after its time: %d %s", a.StatusCode, a.body)
	}
}

// Requests with one key that come at once, to any gateways, count as one.
func TestRequestsAtOnceAreOne(t *testing.T) {
	const comers = 12
	d := open(t)
	d.Rows(t, "insert into tenants (name) values ('acme')")
	answers := make([]answer, comers)
	var all12 sync.WaitGroup
	for i := range answers {
		all12.Go(func() {
			answers[i] = d.ask(t, all, http.MethodPost, "/api/v1/tokens", map[string]any{"name": "ci", "scopes": []string{"read"}}, "Idempotency-Key", "k")
		})
	}
	all12.Wait()
	created := ""
	for _, a := range answers {
		switch {
		case a.StatusCode == http.StatusTooManyRequests && a.Header.Get("Retry-After") != "":
		case a.StatusCode != http.StatusCreated, created != "" && created != string(a.body):
			t.Errorf("%d %s", a.StatusCode, a.body)
		default:
			created = string(a.body)
		}
	}
	if n := d.One(t, "select count(*)::text from tokens"); n != "1" || created == "" {
		t.Errorf("%s tokens were created", n)
	}
}

// Each route that changes something by POST accepts the header, or is known not to need it.
func TestEveryPostMayBeSentAgain(t *testing.T) {
	without := map[string]string{
		"submit-repository": "the submission has the key", "preview-letters": "it changes nothing", "verify": "it changes nothing",
		"find-impact": "it changes nothing",
	}
	for _, o := range operations(t) {
		has := false
		for _, p := range o.Parameters {
			has = has || p.In == "header" && p.Name == httpapi.HeaderOnce
		}
		if _, exempt := without[o.ID]; o.method == http.MethodPost && has == (exempt && o.ID != "submit-repository") {
			t.Errorf("%s %s takes an Idempotency-Key: %v", o.method, o.path, has)
		}
	}
}
