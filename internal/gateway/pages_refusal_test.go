package gateway

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/httpapi"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/session"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// Law 14: every page refuses a session that has ended. Its cookie is real: the person signed in
// with a token that had every scope.
func TestEveryPageRefusesASessionThatHasEnded(t *testing.T) {
	p := acme(t)
	repo := testpipe.NewRepo(t)
	(&site{Pipe: p}).put(t, repo, testpipe.Text(secret+".go", "package "+secret+"\n"))
	box, err := seal.New(seal.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	svc := service.New(service.Config{Index: p.Config().Index, OpenEmbedder: p.OpenEmbedder, Box: box}, p.Stores.Stores)
	server := httptest.NewUnstartedServer(nil)
	at := "http://" + server.Listener.Addr().String()
	pages, doors, err := entrance(config.Session{SessionLifetime: time.Hour, PublicURL: at}, box, nil, svc, p.Logs.Logger())
	if err != nil {
		t.Fatal(err)
	}
	api, err := httpapi.New(httpapi.Config{Doors: doors, Rate: 1e6, Burst: 1e6}, svc, p.Logs.Logger())
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = api
	server.Start()
	t.Cleanup(server.Close)

	request := service.CreateTokenRequest{Tenant: "acme", Lifetime: time.Hour}
	for _, s := range access.Scopes {
		request.Scopes = append(request.Scopes, string(s))
	}
	cookies, csrf := map[string]string{}, map[string]string{}
	signIn := func(name string, installation bool) (token service.CreatedToken) {
		t.Helper()
		request.Name, request.Installation = name, installation
		token, err := svc.CreateToken(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		b := browse(t)
		in := b.do(http.MethodPost, at+session.LoginPath, url.Values{"token": {token.Secret}, "next": {"/admin/tokens"}})
		_, proof, found := strings.Cut(in.body, `name="csrf" value="`)
		if in.StatusCode != http.StatusOK || !found {
			t.Fatalf("%s signs in: %d %s", name, in.StatusCode, in.body)
		}
		csrf[name], _, _ = strings.Cut(proof, `"`)
		address, _ := url.Parse(at)
		var list []string
		for _, c := range b.Jar.Cookies(address) {
			list = append(list, c.Name+"="+c.Value)
		}
		cookies[name] = strings.Join(list, "; ")
		return token
	}
	signIn("good", false)
	signIn("good of the installation", true)
	signIn("expired", false)
	signIn("expired of the installation", true)
	revoked := signIn("revoked", false)
	signIn("signed out", false)
	p.Rows(t, "update tokens set created_at = now() - interval '3 hours', expires_at = now() - interval '1 hour' where name like 'expired%'")
	if _, err := svc.RevokeToken(t.Context(), service.TokenRequest{Tenant: "acme", ID: revoked.ID}); err != nil {
		t.Fatal(err)
	}
	browse(t).do(http.MethodPost, at+session.LogoutPath, url.Values{"csrf": {csrf["signed out"]}}, "Cookie", cookies["signed out"])
	kept := cookies["signed out"]
	if _, value, found := strings.Cut(kept, "="); !found || value == "" {
		t.Fatalf("no cookie is left: %q", kept)
	}

	asked := 0
	for _, r := range pages.Routes() {
		if r.Open {
			continue
		}
		asked++
		method, path, _ := strings.Cut(r.Pattern, " ")
		values := url.Values{"repository": {repo.Dir}, "path": {secret + ".go"}, "q": {secret}, "id": {"1"}, "ref": {"main"}, "name": {"x"}, "symbol": {secret + ".go"}}
		path = at + strings.ReplaceAll(path, "{$}", "") + "?" + values.Encode()
		for _, name := range []string{"expired", "expired of the installation", "revoked", "signed out"} {
			values.Set("csrf", csrf[name])
			a := browse(t).still().do(method, path, values, "Cookie", cookies[name])
			text := strings.NewReplacer(secret+".go", "", url.QueryEscape(repo.Dir), "", repo.Dir, "", "q="+secret, "", `value="`+secret, "").Replace(a.body)
			if a.StatusCode != http.StatusUnauthorized || strings.Contains(text, secret) {
				t.Errorf("%s, %s: %d %s", r.Pattern, name, a.StatusCode, a.body)
			}
		}
		if method == http.MethodGet && !r.Stream { // a session that goes on sees what the page refused
			who := "good"
			if r.Whole || strings.Contains(path, storesPath) {
				who = "good of the installation"
			}
			if a := browse(t).still().do(method, path, nil, "Cookie", cookies[who]); a.StatusCode == http.StatusUnauthorized || a.StatusCode == http.StatusForbidden {
				t.Errorf("%s, %s: %d %s", r.Pattern, who, a.StatusCode, a.body)
			}
		}
	}
	if asked < 10 {
		t.Errorf("only %d pages", asked)
	}
}
