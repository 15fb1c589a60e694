package httpapi_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/httpapi"
	"github.com/leatworks/leat/internal/service"
)

// A door may know its callers by other means than a token. It admits them as a route admits a
// token.
func TestADoorKnowsItsCallersByOtherMeans(t *testing.T) {
	grants := map[string]access.Grant{
		"reader": {Tenant: "acme", Token: "r", Scopes: []access.Scope{access.ScopeRead}}, "searcher": {Tenant: "acme", Token: "s", Scopes: []access.Scope{access.ScopeSearch}},
		"operator": {Token: "o", Scopes: access.Scopes},
	}
	who := func(r *http.Request) (access.Grant, error) {
		if g, found := grants[r.Header.Get("X-Who")]; found {
			return g, nil
		}
		return access.Grant{}, &service.Error{Kind: service.Unauthenticated, Reason: "nobody is known"}
	}
	refuse := func(w http.ResponseWriter, _ *http.Request, p *httpapi.Problem) {
		w.WriteHeader(p.Status)
		_, _ = io.WriteString(w, "refused: "+p.Detail)
	}
	tell := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g, tenant, _ := httpapi.CallerOf(r.Context())
		origin := access.OriginOf(r.Context())
		_, _ = io.WriteString(w, g.Token+" "+tenant+" "+origin.Door)
	})
	d := open(t, func(c *httpapi.Config) {
		c.Doors = []httpapi.Door{
			{Pattern: "GET /one", Handler: tell, Scope: access.ScopeRead, Who: who, Refuse: refuse, Name: "web"},
			{Pattern: "GET /all", Handler: tell, Scope: access.ScopeRead, Whole: true, Who: who, Refuse: refuse},
		}
		c.Absent = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			refuse(w, r, &httpapi.Problem{Status: http.StatusNotFound, Detail: "no page"})
		})
	})
	for _, test := range []struct {
		path, who, token string
		status           int
		body             string
	}{
		{"/one", "reader", "", 200, "r acme web"},
		{"/one", "", all, 200, "all acme web"},
		{"/one", "reader", "wrong", 401, ""},
		{"/one", "", "", 401, "refused: Nobody is known."},
		{"/one", "searcher", "", 403, ""},
		{"/one?tenant=other", "reader", "", 403, ""},
		{"/one?tenant=other", "operator", "", 200, "o other web"},
		{"/all", "reader", "", 403, ""},
		{"/all", "operator", "", 200, "o  http"},
		{"/none", "reader", "", 404, "refused: no page"},
	} {
		headers := []string{"Accept", "text/html"}
		if test.who != "" {
			headers = append(headers, "X-Who", test.who)
		}
		a := d.ask(t, test.token, http.MethodGet, test.path, nil, headers...)
		if a.StatusCode != test.status || test.body != "" && string(a.body) != test.body {
			t.Errorf("%s as %q %q: %d %s", test.path, test.who, test.token, a.StatusCode, a.body)
		}
	}
	if a := d.ask(t, all, http.MethodGet, "/api/v1/none", nil, "Accept", "text/html"); a.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("the API has no pages: %v %s", a.Header, a.body)
	}
}
