package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/httpapi"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/chunk/child"
	"github.com/leatworks/leat/pipeline/graph"
)

// operation is a route of the description.
type operation struct {
	method, path string // the path with its placeholders
	ID           string `json:"operationId"`
	Description  string
	Security     []map[string][]access.Scope
	Parameters   []struct {
		Name, In string
		Required bool
	}
	RequestBody *struct{ Required bool }
}

func (o operation) scope() access.Scope { return o.Security[0]["token"][0] }

// whole says whether the route needs a token of the installation.
func (o operation) whole() bool {
	return strings.Contains(o.Description, "Needs a token of the installation")
}

// operations lists the routes of the description.
func operations(t *testing.T) (list []operation) {
	t.Helper()
	spec, err := httpapi.Describe()
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Paths map[string]map[string]operation
	}
	if err := json.Unmarshal(spec, &all); err != nil {
		t.Fatal(err)
	}
	for path, methods := range all.Paths {
		for method, o := range methods {
			o.method, o.path = strings.ToUpper(method), path
			list = append(list, o)
		}
	}
	if len(list) < 30 {
		t.Fatalf("only %d routes", len(list))
	}
	return list
}

func TestTheCommittedDescriptionIsThatOfTheRoutes(t *testing.T) {
	committed, err := os.ReadFile("../../api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		spec, err := httpapi.Describe()
		if err != nil {
			t.Fatal(err)
		}
		if string(spec) != string(committed) {
			t.Fatal("api/openapi.json is not that of the routes: run 'make generate'")
		}
	}
}

// secret is a word that stands in all data of the tenant acme.
const secret = "quagmire"

// furnish gives the tenant acme data of every kind. All of it contains secret.
func furnish(t *testing.T, d *door) *testpipe.Repo {
	t.Helper()
	repo := testpipe.NewRepo(t)
	d.put(t, "acme", repo, "refs/heads/main", testpipe.Text(
		secret+".go", "package "+secret+"\n\nfunc "+secret+"() {}\n", secret+".bin", "\x00\x01", secret+".env", "password = \"hT7kQ9zLm2Xw4Rb8Vn1c\"\n"))
	d.Rows(t, "update documents set state = 'failed', error = '"+secret+"', due_at = 'infinity' where path = '"+secret+".env'")
	d.Rows(t, "insert into approvals (track, commit, removes, documents) select id, decode(repeat('ab', 20), 'hex'), 7, 9 from tracks")
	err := d.Catalog.Letters.Bury(t.Context(), catalog.DeadLetter{
		Worker: "indexer", Tenant: "acme", Subject: "leat.x", Headers: map[string]string{"a": secret}, Payload: []byte(secret), Reason: secret,
	})
	if err != nil {
		t.Fatal(err)
	}
	graphs := graph.New(graph.Config{}, graph.RoomsOf(d.Catalog), d.Blobs, child.InProcess{}, d.Logs.Logger())
	if err := graphs.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	return repo
}

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

// request fills in a route so that a request with acme's token succeeds.
func (o operation) request(repository string) (path string, body any) {
	path = o.path
	for name, value := range map[string]string{"repository": url.PathEscape(repository), "id": "1", "number": "1", "stage": "indexer"} {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	// For numbers that furnish does not make, nothing exists for anybody.
	path = placeholder.ReplaceAllString(path, "1")
	query := url.Values{}
	for _, p := range o.Parameters {
		if p.In == "query" && p.Required {
			query.Set(p.Name, map[string]string{"path": secret + ".go", "query": secret, "pattern": secret, "from": "main", "to": "main", "symbol": secret + ".go", "tags": "v*", "name": secret}[p.Name])
		}
	}
	if o.ID == "forget-repositories" {
		query.Set("all", "true")
	}
	if o.ID == "find-path" {
		query.Set("to", secret+".go")
	}
	if o.RequestBody != nil {
		body = map[string]any{}
		switch o.ID {
		case "submit-repository":
			body = map[string]any{"repository": repository}
		case "preview-letters", "retry-letters", "drop-letters":
			body = map[string]any{"ids": []int{1}}
		case "put-wiki-page":
			body = map[string]any{"page": "index", "title": "t", "body": "b"}
		case "find-impact":
			body = map[string]any{"diff": "--- a/" + secret + ".go\n+++ b/" + secret + ".go\n@@ -1 +1 @@\n-a\n+b\n"}
		case "pin":
			body = map[string]any{"commit": "main"}
		case "track-tags":
			body = map[string]any{"tags": "v*"}
		}
	}
	return path + "?" + query.Encode(), body
}

// Law 14: a token reaches what it names and nothing else. The test asks every route of the
// description, so that none can be forgotten.
func TestEveryRouteRefusesWhoMayNotAsk(t *testing.T) {
	d := open(t)
	repo := furnish(t, d)
	d.grants["other tenant"] = access.Grant{Tenant: "other", Token: "o", Scopes: access.Scopes}
	d.grants["other repository"] = access.Grant{Tenant: "acme", Token: "r", Scopes: access.Scopes, Repositories: []string{"forge.test/x/y"}}
	ended := endedTokens(t, d)
	for _, o := range operations(t) {
		path, body := o.request(repo.Dir)
		var others []access.Scope
		for _, s := range access.Scopes {
			if s != o.scope() {
				others = append(others, s)
			}
		}
		d.grants["small"] = access.Grant{Tenant: "acme", Token: "s", Scopes: others}
		d.grants["small installation"] = access.Grant{Token: "i", Scopes: others}
		streams := strings.HasSuffix(o.path, "/events")
		for _, test := range []struct {
			name, token, query string
			want               int // 0: any answer that tells nothing
		}{
			{"no token", "", "", http.StatusUnauthorized},
			{"garbage", "leat_garbage", "", http.StatusUnauthorized},
			{"an expired token", ended["expired"], "", http.StatusUnauthorized},
			{"a revoked token", ended["revoked"], "", http.StatusUnauthorized},
			{"a token in whose place another is", ended["rotated"], "", http.StatusUnauthorized},
			{"an expired token of the installation", ended["expired installation"], "", http.StatusUnauthorized},
			{"a token of a tenant that is gone", ended["of nobody"], "", http.StatusUnauthorized},
			{"too small a scope", "small", "", http.StatusForbidden},
			{"too small a scope, of the installation", "small installation", "", http.StatusForbidden},
			{"another tenant's", "other tenant", "&tenant=acme", http.StatusForbidden},
			{"another tenant's, of its own tenant", "other tenant", "", 0},
			{"another repository's", "other repository", "", 0},
		} {
			want := test.want
			switch {
			case o.whole() && want != http.StatusUnauthorized:
				want = http.StatusForbidden
				if test.query != "" { // a route of all tenants has no tenant
					want = http.StatusUnprocessableEntity
				}
			case want == 0 && streams:
				continue // TestAStreamReachesWhatTheTokenNames covers it
			case want == 0 && strings.Contains(o.path, "{repository}"):
				want = http.StatusNotFound
			}
			a := d.ask(t, test.token, o.method, path+test.query, body)
			if want != 0 && a.StatusCode != want {
				t.Errorf("%s %s with %s: %d, want %d: %s", o.method, path, test.name, a.StatusCode, want, a.body)
			}
			// The answer may repeat the name in the request, which tells nothing new.
			text := strings.ReplaceAll(string(a.body), repo.Dir, "")
			if a.StatusCode >= http.StatusInternalServerError || strings.Contains(text, secret) && o.ID != "search" || strings.Contains(text, "hit") && strings.Contains(text, secret) {
				t.Errorf("%s %s with %s: %d %s", o.method, path, test.name, a.StatusCode, a.body)
			}
			if a.StatusCode >= http.StatusBadRequest {
				p := decode[httpapi.Problem](t, a)
				if p.Status != a.StatusCode || p.Detail == "" || p.RequestID == "" || p.RequestID != a.Header.Get(httpapi.HeaderRequestID) ||
					a.Header.Get("Content-Type") != "application/problem+json" {
					t.Errorf("%s %s with %s: %+v", o.method, path, test.name, p)
				}
				if a.StatusCode == http.StatusUnauthorized && a.Header.Get("WWW-Authenticate") == "" {
					t.Errorf("%s %s: no WWW-Authenticate", o.method, path)
				}
			}
		}
		token := all
		if o.whole() {
			token = installation
		}
		if o.method == http.MethodGet && !streams { // the route refused others something that exists for the owner
			if a := d.ask(t, token, o.method, path, body); a.StatusCode != http.StatusOK && (a.StatusCode != http.StatusNotFound || furnished(o.path)) {
				t.Errorf("%s %s: %d %s", o.method, path, a.StatusCode, a.body)
			}
		}
	}
}

// endedTokens returns tokens of the catalog with every scope that are no longer valid.
func endedTokens(t *testing.T, d *door) map[string]string {
	t.Helper()
	svc := service.New(service.Config{Index: d.Config().Index, OpenEmbedder: d.OpenEmbedder}, d.Stores.Stores)
	d.Rows(t, "insert into tenants (name) values ('acme'), ('gone') on conflict do nothing")
	all := make(map[string]string)
	for name, r := range map[string]service.CreateTokenRequest{
		"expired": {Tenant: "acme"}, "revoked": {Tenant: "acme"}, "rotated": {Tenant: "acme"}, "expired installation": {Tenant: "acme", Installation: true}, "of nobody": {Tenant: "gone"},
	} {
		r.Name, r.Lifetime, r.Scopes = name, time.Hour, []string{"read", "search", "submit", "operate", "admin"}
		made, err := svc.CreateToken(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = made.Secret
		switch name {
		case "revoked":
			_, err = svc.RevokeToken(t.Context(), service.TokenRequest{Tenant: "acme", ID: made.ID})
		case "rotated":
			_, err = svc.RotateToken(t.Context(), service.RotateTokenRequest{TokenRequest: service.TokenRequest{Tenant: "acme", ID: made.ID}})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	d.Rows(t, "update tokens set created_at = now() - interval '3 hours', expires_at = now() - interval '1 second' where name like 'expired%'")
	d.Rows(t, "delete from tenants where name = 'gone'")
	return all
}

// furnished says whether furnish makes what a path names.
func furnished(path string) bool {
	for name := range strings.SplitSeq(strings.Join(placeholder.FindAllString(path, -1), " "), " ") {
		if !slices.Contains([]string{"", "{repository}", "{id}", "{number}", "{stage}"}, name) {
			return false
		}
	}
	return strings.HasPrefix(path, "/api/v1/repositories") || !strings.Contains(path, "{id}") || strings.HasPrefix(path, "/api/v1/letters") || strings.HasPrefix(path, "/api/v1/submissions")
}

// The API knows the tokens of the catalog: a valid, a revoked and an expired one.
func TestTokensOfTheCatalog(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	svc := service.New(service.Config{Index: p.Config().Index, OpenEmbedder: p.OpenEmbedder}, p.Stores.Stores)
	d := over(t, p, func(c *httpapi.Config) { c.Authenticate = svc.Authenticate })
	d.Rows(t, "insert into tenants (name) values ('acme')")
	request := service.CreateTokenRequest{Tenant: "acme", Name: "ci", Scopes: []string{"read"}}
	made, err := svc.CreateToken(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	expiring, err := svc.CreateToken(t.Context(), service.CreateTokenRequest{Tenant: "acme", Name: "short", Scopes: []string{"read"}, Lifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	d.Rows(t, "update tokens set created_at = now() - interval '3 hours', expires_at = now() - interval '1 hour' where name = 'short'")
	if a := d.ask(t, expiring.Secret, http.MethodGet, "/api/v1/repositories", nil); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("expired: %d %s", a.StatusCode, a.body)
	}
	if a := d.ask(t, made.Secret, http.MethodGet, "/api/v1/repositories", nil); a.StatusCode != http.StatusOK {
		t.Fatalf("valid: %d %s", a.StatusCode, a.body)
	}
	if strings.Contains(d.Logs.String(), made.Secret) {
		t.Error("the log has the token")
	}
	if _, err := svc.RevokeToken(t.Context(), service.TokenRequest{Tenant: "acme", ID: made.ID}); err != nil {
		t.Fatal(err)
	}
	if a := d.ask(t, made.Secret, http.MethodGet, "/api/v1/repositories", nil); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("revoked: %d %s", a.StatusCode, a.body)
	}
}

func TestSubmissionsAreDoneOnce(t *testing.T) {
	d := open(t)
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.go", "package a\n"))
	var ids []string
	for _, key := range []string{"k1", "k1", "k2", "", ""} {
		a := d.ask(t, all, http.MethodPost, "/api/v1/repositories", map[string]any{"repository": repo.Dir}, "Idempotency-Key", key)
		if a.StatusCode != http.StatusAccepted {
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
		s := decode[service.Submitted](t, a)
		if s.Tenant != "acme" || s.Source != "/leat/gateway" {
			t.Errorf("%+v", s)
		}
		ids = append(ids, s.ID)
	}
	if ids[0] != ids[1] || ids[0] == ids[2] || ids[3] == ids[4] {
		t.Errorf("ids %q", ids)
	}
	if s := get[service.SubmissionAnswer](t, d, all, "/api/v1/submissions/"+ids[0]); s.State != service.SubmissionUnknown || s.ID != ids[0] {
		t.Errorf("%+v", s)
	}
	d.Settle(t)
	if s := get[service.SubmissionAnswer](t, d, all, "/api/v1/submissions/"+ids[0]); s.State != "done" || !s.Indexed || s.Repository != events.RepositoryID("acme", repo.Dir).String() {
		t.Errorf("%+v", s)
	}
	for _, bad := range []any{map[string]any{"repository": "mill"}, map[string]any{"repository": "https://user:hunter2@forge.test/a"}, map[string]any{}, map[string]any{"repository": "https://forge.test/a\x00"}, []int{1}, "x"} {
		if a := d.ask(t, all, http.MethodPost, "/api/v1/repositories", bad); a.StatusCode/100 != 4 || strings.Contains(string(a.body), "hunter2") {
			t.Errorf("%v: %d %s", bad, a.StatusCode, a.body)
		}
	}
}
