package gateway

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/httpapi"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/internal/web"
	"github.com/leatworks/leat/pipeline/catalog"
)

// site is a leat with its pages.
type site struct {
	*testpipe.Pipe
	service *service.Service
	url     string
	grants  map[string]access.Grant // by the cookie who
	pages   *web.Pages
}

// guests are visitors by the name in a cookie.
type guests map[string]access.Grant

func (g guests) Grant(r *http.Request) (access.Grant, error) {
	if c, err := r.Cookie("who"); err == nil {
		if grant, found := g[c.Value]; found {
			if r.Method != http.MethodGet && r.PostFormValue("csrf") != g.CSRF(r) {
				return grant, &service.Error{Kind: service.Denied, Reason: "the form is of no page of this session"}
			}
			return grant, nil
		}
	}
	return access.Grant{}, &service.Error{Kind: service.Unauthenticated, Reason: "nobody is signed in"}
}

func (g guests) CSRF(r *http.Request) string {
	c, err := r.Cookie("who")
	if err != nil {
		return ""
	}
	return "csrf of " + c.Value
}

func openSite(t testing.TB, p *testpipe.Pipe) *site {
	t.Helper()
	s := &site{Pipe: p, grants: map[string]access.Grant{
		"acme":         {Tenant: "acme", Token: "acme", Name: "ada", Scopes: access.Scopes},
		"installation": {Token: "installation", Name: "root", Scopes: access.Scopes},
	}}
	log := p.Logs.Logger()
	box, err := seal.New(seal.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	s.service = service.New(service.Config{Index: p.Config().Index, Source: "/leat/gateway", OpenEmbedder: p.OpenEmbedder, GraphTime: testpipe.Patience, LocalPaths: true, Box: box}, p.Stores.Stores)
	doors := []httpapi.Door(nil)
	s.pages, doors, err = pages(web.Config{}, s.service, guests(s.grants), log)
	if err != nil {
		t.Fatal(err)
	}
	stopping, stop := context.WithCancel(context.Background())
	api, err := httpapi.New(httpapi.Config{Rate: 1e6, Burst: 1e6, Streams: 1000, Doors: doors, Absent: http.HandlerFunc(s.pages.Absent), Stopping: stopping.Done()}, s.service, log)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	t.Cleanup(stop)
	s.url = server.URL
	return s
}

// put commits tree to a repository of acme, and indexes it.
func (s *site) put(t testing.TB, repo *testpipe.Repo, tree testpipe.Tree) {
	t.Helper()
	repo.Commit(t, tree)
	s.index(t, repo.Dir, "refs/heads/main")
}

func (s *site) index(t testing.TB, dir, ref string) {
	t.Helper()
	submission := testpipe.Submission(t, "acme", events.RepoSubmitted{Tenant: "acme", URL: dir, Ref: ref})
	if err := s.Ingest.Handle(t.Context(), submission); err != nil {
		t.Fatal(err)
	}
	s.Settle(t)
}

// shown is an answer with its whole body.
type shown struct {
	*http.Response
	html string
}

// ask sends a request as a guest. A form carries the proof of the guest's session.
func (s *site) ask(t testing.TB, who, method, path string, form url.Values) shown {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if who != "" {
		r.AddCookie(&http.Cookie{Name: "who", Value: who})
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	html, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return shown{response, string(html)}
}

// storesPath is a page for operators of the installation.
const storesPath = "/pipeline/stores"

// secret is a word that stands in all data of the tenant acme.
const secret = "quagmire"

// Law 14: a session reaches what its grant names and nothing else. The test asks every route of the
// pages, so that none can be forgotten.
func TestEveryPageRefusesWhoMayNotAsk(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	repo := testpipe.NewRepo(t)
	s.put(t, repo, testpipe.Text(secret+".go", "package "+secret+"\n\nfunc "+secret+"() {}\n", secret+".bin", "\x00\x01", secret+".env", "password = \"hT7kQ9zLm2Xw4Rb8Vn1c\"\n"))
	s.graphs(t)
	s.furnish(t)
	s.grants["stranger"] = access.Grant{Tenant: "other", Token: "o", Scopes: access.Scopes}
	s.grants["elsewhere"] = access.Grant{Tenant: "acme", Token: "r", Scopes: access.Scopes, Repositories: []string{"forge.test/x/y"}}
	asked := 0
	for _, r := range s.pages.Routes() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		if r.Open {
			continue
		}
		asked++
		values := url.Values{"repository": {repo.Dir}, "path": {secret + ".go"}, "q": {secret}, "id": {"1"}, "ref": {"main"}, "name": {"x"}, "symbol": {secret + ".go"}, "csrf": {"csrf of acme"}}
		path = strings.ReplaceAll(path, "{$}", "") + "?" + values.Encode()
		var others []access.Scope
		for _, scope := range access.Scopes {
			if scope != r.Scope {
				others = append(others, scope)
			}
		}
		s.grants["small"] = access.Grant{Tenant: "acme", Token: "s", Scopes: others}
		if r.Scope == "" { // the page leads on to pages that the grant may see
			delete(s.grants, "small")
		}
		for _, test := range []struct {
			who, query string
			want       int // 0: any answer that tells nothing
		}{{"", "", 401}, {"nobody", "", 401}, {"small", "", 403}, {"stranger", "&tenant=acme", 403}, {"stranger", "", 0}, {"elsewhere", "", 0}} {
			if test.want == 0 && r.Stream {
				if !strings.HasPrefix(path, "/repository/") { // a stream of the tenant's own numbers
					continue
				}
				test.want = http.StatusNotFound
			}
			values.Set("csrf", "csrf of "+test.who)
			if test.who == "small" && r.Scope == "" {
				test.want = http.StatusUnauthorized
			}
			a := s.ask(t, test.who, method, path+test.query, values)
			if r.Whole && test.want != http.StatusUnauthorized {
				test.want = http.StatusForbidden
			}
			if test.want != 0 && a.StatusCode != test.want {
				t.Errorf("%s as %q%s: %d, want %d", r.Pattern, test.who, test.query, a.StatusCode, test.want)
			}
			// The page repeats the request's own words, which tell nothing new.
			text := strings.NewReplacer(secret+".go", "", `value="`+secret, "", url.QueryEscape(repo.Dir), "", repo.Dir, "", "q="+secret, "", secret+" · leat", "").Replace(a.html)
			if a.StatusCode >= http.StatusInternalServerError || strings.Contains(text, secret) {
				t.Errorf("%s as %q%s: %d %s", r.Pattern, test.who, test.query, a.StatusCode, a.html)
			}
			if !strings.Contains(a.Header.Get("Content-Security-Policy"), "default-src 'none'") || strings.Contains(a.Header.Get("Content-Security-Policy"), "unsafe") {
				t.Errorf("%s as %q: policy %q", r.Pattern, test.who, a.Header.Get("Content-Security-Policy"))
			}
		}
		if method == http.MethodPost {
			values.Set("csrf", "csrf of another")
			if a := s.ask(t, "acme", method, path, values); a.StatusCode != http.StatusForbidden {
				t.Errorf("%s with the form of another: %d", r.Pattern, a.StatusCode)
			}
			continue
		}
		who := "acme"
		if r.Whole || strings.HasPrefix(path, storesPath) {
			who = "installation"
		}
		if !r.Stream && !strings.HasPrefix(path, "/submission") && !strings.HasPrefix(path, "/admin/delivery?") { // the owner sees what the page refuses others
			if a := s.ask(t, who, method, path, nil); a.StatusCode != http.StatusOK && (r.Scope != "" || a.StatusCode != http.StatusSeeOther) {
				t.Errorf("%s: %d %s", r.Pattern, a.StatusCode, a.html)
			}
		}
	}
	if asked < 10 {
		t.Errorf("only %d pages", asked)
	}
}

// furnish adds data of acme that no ingest makes.
func (s *site) furnish(t testing.TB) {
	t.Helper()
	s.Rows(t, "update documents set state = 'failed', error = '"+secret+"', due_at = 'infinity' where path = '"+secret+".env'")
	err := s.Catalog.Letters.Bury(t.Context(), catalog.DeadLetter{
		Worker: "indexer", Tenant: "acme", Subject: "leat.x", Headers: map[string]string{"a": secret}, Payload: []byte(secret), Reason: secret,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A person who signs in with a token sees the pages, and the pages' forms carry the proof of the
// session.
func TestSigningInLeadsToThePages(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	p.Rows(t, "insert into tenants (name) values ('acme')")
	box, err := seal.New(seal.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	svc := service.New(service.Config{Index: p.Config().Index, OpenEmbedder: p.OpenEmbedder, GraphTime: testpipe.Patience, Box: box}, p.Stores.Stores)
	made, err := svc.CreateToken(t.Context(), service.CreateTokenRequest{Tenant: "acme", Name: "ada", Scopes: []string{"read", "search", "admin"}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	at := "http://" + server.Listener.Addr().String()
	_, doors, err := entrance(config.Session{SessionLifetime: time.Hour, PublicURL: at}, box, nil, svc, p.Logs.Logger())
	if err != nil {
		t.Fatal(err)
	}
	api, err := httpapi.New(httpapi.Config{Doors: doors}, svc, p.Logs.Logger())
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = api
	server.Start()
	t.Cleanup(server.Close)
	b := browse(t)
	if a := b.do(http.MethodGet, at+"/admin/tokens", nil); a.StatusCode != http.StatusUnauthorized || !strings.Contains(a.body, `name="next" value="/admin/tokens"`) {
		t.Fatalf("nobody: %d %s", a.StatusCode, a.body)
	}
	if a := b.do(http.MethodPost, at+"/login", url.Values{"token": {"leat_wrong"}, "next": {"/"}}); a.StatusCode != http.StatusUnauthorized || !strings.Contains(a.body, `role="alert"`) {
		t.Errorf("a wrong token: %d %s", a.StatusCode, a.body)
	}
	a := b.do(http.MethodPost, at+"/login", url.Values{"token": {made.Secret}, "next": {"/admin/tokens"}})
	if a.StatusCode != http.StatusOK || a.Request.URL.Path != "/admin/tokens" || !strings.Contains(a.body, "Sign out") {
		t.Fatalf("the token: %d %s %s", a.StatusCode, a.Request.URL, a.body)
	}
	_, csrf, _ := strings.Cut(a.body, `name="csrf" value="`)
	csrf, _, _ = strings.Cut(csrf, `"`)
	form := url.Values{"do": {"create"}, "name": {"ci"}, "scope": {"read"}}
	if a := b.do(http.MethodPost, at+"/admin/tokens", form); a.StatusCode != http.StatusForbidden {
		t.Errorf("a form of nobody: %d", a.StatusCode)
	}
	form.Set("csrf", csrf)
	if a := b.do(http.MethodPost, at+"/admin/tokens", form); a.StatusCode != http.StatusOK || !strings.Contains(a.body, access.Prefix) || !strings.Contains(a.body, "ci") {
		t.Errorf("a form of the page: %d %s", a.StatusCode, a.body)
	}
	if a := b.do(http.MethodPost, at+"/logout", url.Values{"csrf": {csrf}}); !strings.Contains(a.body, `name="token"`) {
		t.Errorf("after leaving: %d %s", a.StatusCode, a.body)
	}
	if a := b.do(http.MethodGet, at+"/", nil); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("after leaving: %d", a.StatusCode)
	}
}

// A comparison of the stores has a page of its own, since it may take longer than other pages.
func TestTheStoresAreCompared(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	s.put(t, testpipe.NewRepo(t), mill())
	const at = "/pipeline/stores?tenant=acme"
	if a := s.ask(t, "installation", http.MethodGet, at, nil); a.StatusCode != http.StatusOK || !strings.Contains(a.html, `<span class="state good">equal</span>`) {
		t.Errorf("%d %s", a.StatusCode, a.html)
	}
	s.Rows(t, "update documents set path = 'elsewhere.go', id = gen_random_uuid() where path = 'lib/sluice.go'")
	if a := s.ask(t, "installation", http.MethodGet, at, nil); !strings.Contains(a.html, "different") || !strings.Contains(a.html, "leat verify --repair") {
		t.Errorf("%d %s", a.StatusCode, a.html)
	}
	if a := s.ask(t, "acme", http.MethodGet, at, nil); a.StatusCode != http.StatusForbidden {
		t.Errorf("a tenant is answered %d", a.StatusCode)
	}
}
