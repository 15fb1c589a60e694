package gateway

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/httpapi"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/session"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// front is a gateway that browsers reach. It has a page that shows who is signed in.
type front struct {
	*testpipe.Pipe
	url  string
	svc  *service.Service
	logs *journal
}

type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// welcome serves sessions over the stores of a pipe. key seals its cookies.
func welcome(t *testing.T, p *testpipe.Pipe, key string, change func(*config.Session)) *front {
	t.Helper()
	f := &front{Pipe: p, logs: &journal{}}
	log := slog.New(slog.NewTextHandler(f.logs, nil))
	box, err := seal.New(key)
	if err != nil {
		t.Fatal(err)
	}
	f.svc = service.New(service.Config{Index: p.Config().Index, OpenEmbedder: p.OpenEmbedder, Box: box}, p.Stores.Stores)
	server := httptest.NewUnstartedServer(nil)
	f.url = "http://" + server.Listener.Addr().String()
	cfg := config.Session{SessionLifetime: time.Hour, PublicURL: f.url, OIDCScopes: []string{"profile"}}
	if change != nil {
		change(&cfg)
	}
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	s, doors, err := sessions(cfg, box, nil, f.svc, log)
	if err != nil {
		t.Fatal(err)
	}
	tell := func(w http.ResponseWriter, r *http.Request) {
		g, tenant, _ := httpapi.CallerOf(r.Context())
		_, _ = io.WriteString(w, strings.Join([]string{"name=" + g.Name, "tenant=" + tenant, "csrf=" + s.CSRF(r), "path=" + r.URL.RequestURI()}, "\n"))
	}
	doors = append(doors, page("GET /{$}", s, tell), page("GET /deep", s, tell), page("POST /change", s, tell))
	api, err := httpapi.New(httpapi.Config{Doors: doors}, f.svc, log)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = api
	server.Start()
	t.Cleanup(server.Close)
	return f
}

// browser is a client with cookies. It follows redirects as far as follow allows.
type browser struct {
	*http.Client
	t *testing.T
}

func browse(t *testing.T) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return browser{&http.Client{Jar: jar}, t}
}

// seen is an answer with its whole body.
type seen struct {
	*http.Response
	body string
}

func (b browser) do(method, address string, form url.Values, headers ...string) seen {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return seen{response, string(body)}
}

func (b browser) get(address string) seen { b.t.Helper(); return b.do(http.MethodGet, address, nil) }

// still returns the browser without following redirects.
func (b browser) still() browser {
	c := *b.Client
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return browser{&c, b.t}
}

var csrfLine = regexp.MustCompile(`csrf=(\S+)`)

// csrf is the token in the forms of the page.
func (s seen) csrf() string {
	if m := csrfLine.FindStringSubmatch(s.body); m != nil {
		return m[1]
	}
	return ""
}

func (s seen) want(t *testing.T, what string, status int, texts ...string) {
	t.Helper()
	if s.StatusCode != status {
		t.Errorf("%s: %d, want %d: %s", what, s.StatusCode, status, s.body)
	}
	for _, text := range texts {
		if !strings.Contains(html.UnescapeString(s.body), text) {
			t.Errorf("%s: %q is not in %s", what, text, s.body)
		}
	}
}

func (f *front) token(t *testing.T, name string, lifetime time.Duration) service.CreatedToken {
	t.Helper()
	made, err := f.svc.CreateToken(t.Context(), service.CreateTokenRequest{Tenant: "acme", Name: name, Scopes: []string{"read", "search"}, Lifetime: lifetime})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func acme(t *testing.T) *testpipe.Pipe {
	t.Helper()
	p := testpipe.Open(t, testpipe.Config{})
	p.Rows(t, "insert into tenants (name) values ('acme')")
	return p
}

func TestATokenSignsIn(t *testing.T) {
	p := acme(t)
	key := seal.NewKey()
	f := welcome(t, p, key, nil)
	token := f.token(t, "ada", 0)
	b := browse(t)
	form := b.get(f.url + "/deep?a=b")
	form.want(t, "without a session", http.StatusOK, "<form", `value="/deep?a=b"`)
	if form.Request.URL.Path != session.LoginPath {
		t.Errorf("a page leads to %s", form.Request.URL)
	}
	b.do(http.MethodPost, f.url+"/login", url.Values{"token": {"leat_nonsense"}}).want(t, "a wrong token", http.StatusUnauthorized, "The token is not valid")
	b.get(f.url+"/").want(t, "after a wrong token", http.StatusOK, "<form")

	in := b.do(http.MethodPost, f.url+"/login", url.Values{"token": {" " + token.Secret + "\n"}, "next": {"/deep?a=b"}}, "Origin", f.url)
	in.want(t, "the right token", http.StatusOK, "name=ada", "tenant=acme", "path=/deep?a=b")
	at, _ := url.Parse(f.url)
	for _, c := range b.Jar.Cookies(at) {
		if strings.Contains(c.Value, token.Secret[5:]) {
			t.Error("the cookie holds the token")
		}
	}
	// Another gateway with the same key knows the session. A gateway with another key does not.
	if other := welcome(t, p, seal.NewKey()+","+key, func(c *config.Session) { c.PublicURL = f.url }); true {
		b.get(other.url+"/").want(t, "another replica", http.StatusOK, "name=ada")
	}
	if other := welcome(t, p, seal.NewKey(), nil); true {
		b.get(other.url+"/").want(t, "another key", http.StatusOK, "<form")
	}
	if log := p.One(t, "select actor || ' ' || door || ' ' || tenant || ' ' || (after->>'method') || ' ' || (address <> '') from audit where action = 'session.begin'"); log != "ada web acme token true" {
		t.Errorf("the audit log has %q", log)
	}
	if strings.Contains(f.logs.String(), token.Secret[5:]) {
		t.Error("the log has the token")
	}

	out := b.still().do(http.MethodPost, f.url+"/logout", url.Values{"csrf": {in.csrf()}})
	if out.StatusCode != http.StatusSeeOther || out.Header.Get("Location") != "/login" {
		t.Errorf("signing out: %d %s", out.StatusCode, out.Header.Get("Location"))
	}
	b.get(f.url+"/").want(t, "signed out", http.StatusOK, "<form")
	if n := p.One(t, "select count(*)::text from audit where action = 'session.end' and actor = 'ada'"); n != "1" {
		t.Errorf("%s sign-outs in the audit log", n)
	}
}

// A person who signs out at one gateway is signed out at all of them, even with a copy of the
// cookie. Other sessions of the same token or person go on.
func TestASignOutEndsTheSessionEverywhere(t *testing.T) {
	t.Setenv("LEAT_OIDC_CLIENT_SECRET", clientSecret)
	p, key := acme(t), seal.NewKey()
	settings := oidc(provide(t), "*=acme:read,search")
	one, two := welcome(t, p, key, settings), welcome(t, p, key, settings)
	token := one.token(t, "ada", 0)
	for _, way := range []struct {
		name string
		in   func(browser) seen
	}{
		{"token", func(b browser) seen {
			return b.do(http.MethodPost, one.url+"/login", url.Values{"token": {token.Secret}})
		}},
		{"oidc", func(b browser) seen { return b.get(one.url + "/login/oidc") }},
	} {
		t.Run(way.name, func(t *testing.T) {
			leaves, stays := browse(t), browse(t)
			in := way.in(leaves)
			in.want(t, "signed in", http.StatusOK, "name=")
			way.in(stays).want(t, "signed in elsewhere", http.StatusOK, "name=")
			at, _ := url.Parse(one.url)
			var kept []string
			for _, c := range leaves.Jar.Cookies(at) {
				kept = append(kept, c.Name+"="+c.Value)
			}
			thief := func(f *front) seen {
				return browse(t).do(http.MethodGet, f.url+"/", nil, "Cookie", strings.Join(kept, "; "))
			}
			thief(two).want(t, "a copy of the cookie before", http.StatusOK, "name=")
			leaves.do(http.MethodPost, one.url+"/logout", url.Values{"csrf": {in.csrf()}}).want(t, "signed out", http.StatusOK, "<form")
			for _, f := range []*front{one, two} {
				thief(f).want(t, "a copy of the cookie afterwards", http.StatusOK, "<form")
				stays.get(f.url+"/").want(t, "another session", http.StatusOK, "name=")
			}
		})
	}
	if n := p.One(t, "select count(*)::text from ended_sessions where ends_at > now()"); n != "2" {
		t.Errorf("%s sessions have ended", n)
	}
	// The row is removed when the cookie would have ended anyway.
	p.Rows(t, "update ended_sessions set ends_at = now() - interval '1 s'")
	b := browse(t)
	in := b.do(http.MethodPost, one.url+"/login", url.Values{"token": {token.Secret}})
	b.do(http.MethodPost, one.url+"/logout", url.Values{"csrf": {in.csrf()}})
	if n := p.One(t, "select count(*)::text from ended_sessions"); n != "1" {
		t.Errorf("%s sessions are kept", n)
	}
}

// Law 14 for sessions: a session ends with its token.
func TestASessionEndsWithItsToken(t *testing.T) {
	p := acme(t)
	f := welcome(t, p, seal.NewKey(), nil)
	for _, end := range []struct {
		name string
		by   func(service.CreatedToken)
	}{
		{"revoked", func(made service.CreatedToken) {
			if _, err := f.svc.RevokeToken(t.Context(), service.TokenRequest{Tenant: "acme", ID: made.ID}); err != nil {
				t.Fatal(err)
			}
		}},
		{"expired", func(made service.CreatedToken) {
			p.Rows(t, "update tokens set created_at = now() - interval '3 hours', expires_at = now() - interval '1 hour' where id = $1", made.ID)
			// Gateways forget their knowledge of a token within seconds, or when it is revoked.
			other := f.token(t, "other", 0)
			if _, err := f.svc.RevokeToken(t.Context(), service.TokenRequest{Tenant: "acme", ID: other.ID}); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		made := f.token(t, end.name, time.Hour)
		b := browse(t)
		b.do(http.MethodPost, f.url+"/login", url.Values{"token": {made.Secret}}).want(t, end.name, http.StatusOK, "name="+end.name)
		end.by(made)
		if a := b.get(f.url + "/"); a.Request.URL.Path != session.LoginPath {
			t.Errorf("%s: the session goes on: %s", end.name, a.body)
		}
	}
}

func TestASessionLastsAsLongAsConfigured(t *testing.T) {
	p := acme(t)
	key := seal.NewKey()
	f := welcome(t, p, key, func(c *config.Session) { c.SessionLifetime = time.Nanosecond })
	token := f.token(t, "ada", 0)
	b := browse(t)
	b.do(http.MethodPost, f.url+"/login", url.Values{"token": {token.Secret}}).want(t, "a session that has ended", http.StatusOK, "<form")

	// The browser's own clock does not decide: a cookie that it keeps is refused too.
	in := b.still().do(http.MethodPost, f.url+"/login", url.Values{"token": {token.Secret}})
	kept := in.Cookies()[0]
	b.do(http.MethodGet, f.url+"/", nil, "Cookie", kept.Name+"="+kept.Value).want(t, "a cookie that was kept", http.StatusOK, "<form")
}

// A request that changes something must come from a page of the same session.
func TestAnotherSiteChangesNothing(t *testing.T) {
	p := acme(t)
	f := welcome(t, p, seal.NewKey(), nil)
	token := f.token(t, "ada", 0)
	form := func(b browser) string {
		t.Helper()
		in := b.do(http.MethodPost, f.url+"/login", url.Values{"token": {token.Secret}})
		in.want(t, "signing in", http.StatusOK, "name=ada")
		return in.csrf()
	}
	b, other := browse(t), browse(t)
	own, foreign := form(b), form(other)
	if own == "" || own == foreign {
		t.Fatalf("the proofs are %q and %q", own, foreign)
	}
	for _, test := range []struct {
		name    string
		form    url.Values
		headers []string
		want    int
	}{
		{"a form of the session", url.Values{"csrf": {own}}, nil, http.StatusOK},
		{"a script of the session", url.Values{}, []string{"X-CSRF-Token", own, "Sec-Fetch-Site", "same-origin"}, http.StatusOK},
		{"no proof", url.Values{}, nil, http.StatusForbidden},
		{"an empty proof", url.Values{"csrf": {""}}, nil, http.StatusForbidden},
		{"the proof of another session", url.Values{"csrf": {foreign}}, nil, http.StatusForbidden},
		{"another site, by its headers", url.Values{"csrf": {own}}, []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"a neighbour, by its headers", url.Values{"csrf": {own}}, []string{"Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		{"another origin", url.Values{"csrf": {own}}, []string{"Origin", "https://evil.example"}, http.StatusForbidden},
		{"an opaque origin", url.Values{"csrf": {own}}, []string{"Origin", "null"}, http.StatusForbidden},
	} {
		b.do(http.MethodPost, f.url+"/change", test.form, test.headers...).want(t, test.name, test.want)
	}
	b.do(http.MethodGet, f.url+"/change?csrf="+own, nil).want(t, "a proof in a URL", http.StatusMethodNotAllowed)
	browse(t).do(http.MethodPost, f.url+"/login", url.Values{"token": {token.Secret}}, "Sec-Fetch-Site", "cross-site").want(t, "another site signs its visitor in", http.StatusForbidden)
	b.do(http.MethodPost, f.url+"/login", url.Values{"token": {"leat_nonsense"}}, "Authorization", "Bearer "+token.Secret).want(t, "a token beside the form", http.StatusUnauthorized)
	b.do(http.MethodPost, f.url+"/logout", url.Values{}).want(t, "another site signs its visitor out", http.StatusForbidden)
	b.get(f.url+"/").want(t, "after all that", http.StatusOK, "name=ada")
}

func TestAfterSigningInNobodyIsLedAway(t *testing.T) {
	p := acme(t)
	f := welcome(t, p, seal.NewKey(), nil)
	token := f.token(t, "ada", 0)
	for _, next := range []string{
		"https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "evil", "", "/login", "/logout", "/%0a//evil.example\n", "/%2F/evil.example", "/" + strings.Repeat("x", 5000),
	} {
		in := browse(t).still().do(http.MethodPost, f.url+"/login", url.Values{"token": {token.Secret}, "next": {next}})
		if to := in.Header.Get("Location"); in.StatusCode != http.StatusSeeOther || to != "/" {
			t.Errorf("next %.60q leads to %d %q", next, in.StatusCode, to)
		}
	}
}

func TestCookiesAreForTheGatewayAlone(t *testing.T) {
	p := acme(t)
	key := seal.NewKey()
	for _, test := range []struct {
		public, host string
		secure       bool
	}{
		{"", "leat.example", true}, {"", "10.0.0.1:8475", true}, {"", "127.0.0.1:8475", false}, {"", "localhost", false}, {"", "[::1]:8475", false},
		{"https://leat.example", "127.0.0.1:8475", true}, {"http://leat.example", "leat.example", false},
	} {
		f := welcome(t, p, key, func(c *config.Session) { c.PublicURL = test.public })
		token := f.token(t, "ada", 0)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+"/login", strings.NewReader(url.Values{"token": {token.Secret}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = test.host
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if len(response.Cookies()) != 1 {
			t.Fatalf("%+v: %d, cookies %v", test, response.StatusCode, response.Cookies())
		}
		c := response.Cookies()[0]
		if c.Secure != test.secure || strings.HasPrefix(c.Name, "__Host-") != test.secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 3600 {
			t.Errorf("%+v: the cookie is %s", test, c)
		}
	}
}

func TestWithoutAKeyNobodySignsIn(t *testing.T) {
	p := acme(t)
	f := welcome(t, p, "", nil)
	token := f.token(t, "ada", 0)
	b := browse(t)
	b.do(http.MethodPost, f.url+"/login", url.Values{"token": {token.Secret}}).want(t, "no key", http.StatusServiceUnavailable, "LEAT_SECRET_KEY")
	b.get(f.url+"/login/oidc").want(t, "no provider", http.StatusNotFound)
	b.get(f.url+"/login/callback?state=a&code=b").want(t, "the way back of no provider", http.StatusNotFound)
}

// oidc configures a front for a provider.
func oidc(p *identity, roles ...string) func(*config.Session) {
	return func(c *config.Session) {
		c.OIDCIssuer, c.OIDCClient, c.OIDCClaim, c.OIDCRole = p.URL, clientID, "roles", roles
	}
}

func TestAProviderSignsIn(t *testing.T) {
	t.Setenv("LEAT_OIDC_CLIENT_SECRET", clientSecret)
	p := acme(t)
	id := provide(t)
	key := seal.NewKey()
	f := welcome(t, p, key, oidc(id, "boss=*:admin,read", "reader=acme:read,search:forge.test/x/*", "*=acme:search"))
	b := browse(t)
	b.get(f.url+"/login").want(t, "the page to sign in", http.StatusOK, "Sign in with 127.0.0.1")
	b.get(f.url+"/login/oidc?next=/deep").want(t, "signing in", http.StatusOK, "name=ada", "tenant=acme", "path=/deep")
	row := p.One(t, "select actor || ' ' || door || ' ' || tenant || ' ' || (token like 'oidc-%') || ' ' || after::text from audit where action = 'session.begin'")
	if !strings.HasPrefix(row, "ada web acme true") || !strings.Contains(row, `"subject": "ada-1"`) || !strings.Contains(row, `"role": "reader"`) {
		t.Errorf("the audit log has %s", row)
	}
	if log := f.logs.String(); strings.Contains(log, clientSecret) {
		t.Errorf("the log has the client's secret: %s", log)
	}

	// The configuration decides at each request which scopes a role grants.
	same := func(roles ...string) func(*config.Session) {
		return func(c *config.Session) { oidc(id, roles...)(c); c.PublicURL = f.url }
	}
	b.get(welcome(t, p, key, same("reader=*:read")).url+"/").want(t, "the role grants more", http.StatusOK, "name=ada", "tenant=default")
	b.get(welcome(t, p, key, same("other=acme:read")).url+"/").want(t, "the role is gone", http.StatusOK, "<form")
	b.get(welcome(t, p, key, same("reader=nosuch:read")).url+"/").want(t, "the tenant is gone", http.StatusForbidden, "does not exist")
	b.get(welcome(t, p, key, nil).url+"/").want(t, "the provider is gone", http.StatusOK, "<form")
	p.Rows(t, "update tenants set max_requests_minute = 1 where name = 'acme'")
	b.get(f.url+"/").want(t, "the first request in a minute", http.StatusOK, "name=ada")
	b.get(f.url+"/").want(t, "the second request in a minute", http.StatusTooManyRequests)
}

// A provider, or somebody in its place, may lie. Each such sign-in is refused, and gives no
// session.
func TestAProviderIsNotBelieved(t *testing.T) {
	t.Setenv("LEAT_OIDC_CLIENT_SECRET", clientSecret)
	p := acme(t)
	id := provide(t)
	f := welcome(t, p, seal.NewKey(), oidc(id, "reader=acme:read"))
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	claim := func(name string, value any) func() {
		return func() { id.claims = map[string]any{name: value} }
	}
	for name, test := range map[string]struct {
		change func()
		want   int
	}{
		"as it should be":           {func() {}, http.StatusOK},
		"another client's audience": {claim("aud", "other"), http.StatusUnauthorized},
		"two audiences, no party":   {claim("aud", []string{clientID, "other"}), http.StatusUnauthorized},
		"another party":             {claim("azp", "other"), http.StatusUnauthorized},
		"no audience":               {claim("aud", nil), http.StatusUnauthorized},
		"another issuer":            {claim("iss", "https://evil.example"), http.StatusUnauthorized},
		"expired":                   {claim("exp", time.Now().Add(-time.Hour).Unix()), http.StatusUnauthorized},
		"without an end":            {claim("exp", nil), http.StatusUnauthorized},
		"another nonce":             {claim("nonce", "abc"), http.StatusUnauthorized},
		"no nonce":                  {claim("nonce", nil), http.StatusUnauthorized},
		"no subject":                {claim("sub", nil), http.StatusUnauthorized},
		"no claim of roles":         {claim("roles", nil), http.StatusForbidden},
		"roles of another form":     {claim("roles", map[string]any{"reader": true}), http.StatusForbidden},
		"a number for a role":       {claim("roles", []any{7}), http.StatusForbidden},
		"another role":              {claim("roles", []string{"Reader", "reader "}), http.StatusForbidden},
		"one role as a text":        {claim("roles", "reader"), http.StatusOK},
		"a key of somebody else":    {func() { id.sign = func(payload string) string { return sealed(stranger, payload) } }, http.StatusUnauthorized},
		"no signature (alg none)": {func() {
			id.sign = func(payload string) string { return encode([]byte(`{"alg":"none"}`)) + "." + payload + "." }
		}, http.StatusUnauthorized},
		"no signature, alg kept": {func() {
			id.sign = func(payload string) string { return encode([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + payload + "." }
		}, http.StatusUnauthorized},
		"signed with the secret":      {func() { id.sign = symmetric }, http.StatusUnauthorized},
		"no ID token":                 {func() { id.answer = func(a map[string]any) { delete(a, "id_token") } }, http.StatusUnauthorized},
		"garbage for an ID token":     {func() { id.answer = func(a map[string]any) { a["id_token"] = "a.b.c" } }, http.StatusUnauthorized},
		"an answer without end":       {func() { id.answer = func(a map[string]any) { a["filler"] = strings.Repeat("x", 2<<20) } }, http.StatusUnauthorized},
		"a name that is not one line": {claim("preferred_username", "a\nb"), http.StatusOK},
	} {
		id.change(test.change)
		b := browse(t)
		a := b.get(f.url + "/login/oidc")
		a.want(t, name, test.want)
		if again := b.get(f.url + "/"); strings.Contains(again.body, "tenant=acme") != (test.want == http.StatusOK) {
			t.Errorf("%s: the next page is %s", name, again.body)
		}
		if strings.Contains(a.body, "evil.example") || strings.Contains(a.body, clientSecret) {
			t.Errorf("%s: the page repeats the provider: %s", name, a.body)
		}
	}
	if n := p.One(t, "select count(*)::text from audit where action = 'session.refuse'"); n != "4" {
		t.Errorf("%s people without a role are in the audit log", n)
	}
	if strings.Contains(f.logs.String(), clientSecret) {
		t.Error("the log has the client's secret")
	}
}

// symmetric is an ID token signed with the client's secret, which the discovery allows.
func symmetric(payload string) string {
	text := encode([]byte(`{"alg":"HS256"}`)) + "." + payload
	mac := hmac.New(sha256.New, []byte(clientSecret))
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}

// The way back from the provider works once, and only for the browser that began the sign-in.
func TestTheWayBackServesOnce(t *testing.T) {
	t.Setenv("LEAT_OIDC_CLIENT_SECRET", clientSecret)
	p := acme(t)
	id := provide(t)
	f := welcome(t, p, seal.NewKey(), oidc(id, "reader=acme:read"))
	// back follows a sign-in to the address to which the provider sends the browser back.
	back := func(b browser) string {
		t.Helper()
		to := b.still().get(f.url + "/login/oidc").Header.Get("Location")
		return b.still().get(to).Header.Get("Location")
	}
	b := browse(t)
	first := back(b)
	at, _ := url.Parse(f.url)
	kept := b.Jar.Cookies(at)[0]
	if a := b.still().get(first); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("the first time: %d %s", a.StatusCode, a.body)
	}
	b.get(first).want(t, "once more", http.StatusUnauthorized, "begin again")
	b.do(http.MethodGet, first, nil, "Cookie", kept.Name+"="+kept.Value).want(t, "once more, with the cookie that was kept", http.StatusUnauthorized)

	victim := browse(t)
	victim.get(back(browse(t))).want(t, "the sign-in of somebody else", http.StatusUnauthorized)
	back(victim)
	victim.get(back(browse(t))).want(t, "the sign-in of somebody else, while one is under way", http.StatusUnauthorized)

	for name, query := range map[string]string{
		"another state": "state=abc&code=x", "no state": "code=x", "no code": "", "an error": "error=access_denied", "another issuer": "iss=https://evil.example&code=x", "a code of nobody": "code=x",
	} {
		b := browse(t)
		to, _ := url.Parse(back(b))
		values, _ := url.ParseQuery(query)
		if !values.Has("state") && name != "no state" {
			values.Set("state", to.Query().Get("state"))
		}
		to.RawQuery = values.Encode()
		b.get(to.String()).want(t, name, http.StatusUnauthorized)
		if again := b.get(f.url + "/"); strings.Contains(again.body, "tenant=acme") {
			t.Errorf("%s: it gives a session", name)
		}
	}
	// The cookie of a sign-in does not pass for that of a session.
	b = browse(t)
	back(b)
	flow := b.Jar.Cookies(at)[0]
	b.do(http.MethodGet, f.url+"/", nil, "Cookie", strings.Replace(flow.Name, "login", "session", 1)+"="+flow.Value).want(t, "the cookie of a sign-in", http.StatusOK, "<form")
}

func TestAProviderThatIsDown(t *testing.T) {
	t.Setenv("LEAT_OIDC_CLIENT_SECRET", clientSecret)
	p := acme(t)
	id := provide(t)
	id.Close()
	f := welcome(t, p, seal.NewKey(), oidc(id, "reader=acme:read"))
	for range 2 {
		browse(t).get(f.url+"/login/oidc").want(t, "a provider that is down", http.StatusServiceUnavailable, "The provider does not answer")
	}
	token := f.token(t, "ada", 0)
	browse(t).do(http.MethodPost, f.url+"/login", url.Values{"token": {token.Secret}}).want(t, "a token", http.StatusOK, "name=ada")
}
