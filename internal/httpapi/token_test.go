package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
)

type madeToken struct {
	ID           string   `json:"id"`
	Token        string   `json:"token"`
	Tenant       string   `json:"tenant"`
	Repositories []string `json:"repositories"`
	ExpiresAt    *string  `json:"expires_at"`
	RevokedAt    *string  `json:"revoked_at"`
}

// want sends a request and expects a status.
func (d *door) want(t *testing.T, status int, token, method, path string, body any) answer {
	t.Helper()
	a := d.ask(t, token, method, path, body)
	if a.StatusCode != status {
		t.Errorf("%s %s: %d, want %d: %s", method, path, a.StatusCode, status, a.body)
	}
	return a
}

func TestTokensOverHTTP(t *testing.T) {
	d := open(t)
	d.want(t, 201, installation, "POST", "/api/v1/tenants", map[string]any{"name": "acme", "requests_minute": 1000})
	a := d.want(t, 201, all, "POST", "/api/v1/tokens", map[string]any{
		"name": "ci", "scopes": []string{"read", "admin"}, "repositories": []string{"Git.example/a/*"}, "expires_in_seconds": 3600,
	})
	made := decode[madeToken](t, a)
	if made.Tenant != "acme" || made.Repositories[0] != "git.example/a/*" || made.ExpiresAt == nil || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("made %+v, %s", made, a.Header)
	}
	// The token can be used at once, and allows no more than its scopes.
	d.want(t, 200, made.Token, "GET", "/api/v1/repositories", nil)
	d.want(t, 403, made.Token, "GET", "/api/v1/search?query=x", nil)
	d.want(t, 403, made.Token, "GET", "/api/v1/repositories?tenant=other", nil)
	d.want(t, 403, made.Token, "GET", "/api/v1/tenants", nil)
	d.want(t, 403, made.Token, "GET", "/api/v1/tokens?installation=true", nil)
	d.want(t, 403, made.Token, "GET", "/api/v1/audit", nil)
	d.want(t, 403, made.Token, "GET", "/api/v1/credentials", nil)
	for name, body := range map[string]any{
		"more scopes":        map[string]any{"name": "n", "scopes": []string{"search"}, "repositories": []string{"git.example/a/b"}},
		"all repositories":   map[string]any{"name": "n", "scopes": []string{"read"}},
		"other repositories": map[string]any{"name": "n", "scopes": []string{"read"}, "repositories": []string{"git.example/**"}},
	} {
		if a := d.ask(t, made.Token, "POST", "/api/v1/tokens", body); a.StatusCode != 403 {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.body)
		}
	}
	small := decode[madeToken](t, d.want(t, 201, made.Token, "POST", "/api/v1/tokens", map[string]any{"name": "n", "scopes": []string{"read"}, "repositories": []string{"git.example/a/b"}}))

	for _, body := range []any{
		map[string]any{"name": "n", "scopes": []string{}}, map[string]any{"name": "n", "scopes": []string{"root"}}, map[string]any{"name": "", "scopes": []string{"read"}},
		map[string]any{"name": "n", "scopes": []string{"read"}, "repositories": []string{"https://a/b"}},
		map[string]any{"name": "n", "scopes": []string{"read"}, "expires_in_seconds": -1}, map[string]any{"name": "n", "scopes": []string{"read"}, "tenant": "other"},
	} {
		d.want(t, 422, all, "POST", "/api/v1/tokens", body)
	}

	list := get[struct{ Tokens []madeToken }](t, d, all, "/api/v1/tokens")
	if len(list.Tokens) != 2 || list.Tokens[0].Token != "" {
		t.Errorf("listed %+v", list)
	}
	next := decode[madeToken](t, d.want(t, 201, all, "POST", "/api/v1/tokens/"+made.ID+"/rotate", map[string]any{"overlap_seconds": 60}))
	d.want(t, 409, all, "POST", "/api/v1/tokens/"+made.ID+"/rotate", map[string]any{})
	d.want(t, 200, made.Token, "GET", "/api/v1/repositories", nil)
	d.want(t, 200, next.Token, "GET", "/api/v1/repositories", nil)
	if gone := decode[madeToken](t, d.want(t, 200, all, "DELETE", "/api/v1/tokens/"+small.ID, nil)); gone.RevokedAt == nil {
		t.Errorf("revoked %+v", gone)
	}
	d.want(t, 401, small.Token, "GET", "/api/v1/repositories", nil)
	d.want(t, 404, installation, "GET", "/api/v1/tokens/"+made.ID+"?tenant=other", nil)
	d.want(t, 404, installation, "DELETE", "/api/v1/tokens/"+made.ID+"?tenant=other", nil)
	d.want(t, 404, all, "GET", "/api/v1/tokens/1", nil)

	log := d.want(t, 200, all, "GET", "/api/v1/audit?action=token", nil)
	changes := decode[struct {
		Changes []struct{ Actor, Token, Door, Address, Action string }
	}](t, log).Changes
	if len(changes) != 4 || changes[3].Action != "token.create" || changes[3].Door != "http" || changes[3].Address != "127.0.0.1" || changes[3].Token != "all" {
		t.Errorf("the audit log has %+v", changes)
	}
	for _, secret := range []string{made.Token, small.Token, next.Token} {
		if strings.Contains(string(log.body), secret[5:]) || strings.Contains(d.Logs.String(), secret[5:]) {
			t.Error("a log holds a token")
		}
	}
}

func TestTenantsAndCredentialsOverHTTP(t *testing.T) {
	d := open(t)
	d.want(t, 403, all, "POST", "/api/v1/tenants", map[string]any{"name": "mine"})
	d.want(t, 201, installation, "POST", "/api/v1/tenants", map[string]any{"name": "acme", "repositories": 3})
	d.want(t, 409, installation, "POST", "/api/v1/tenants", map[string]any{"name": "acme"})
	d.want(t, 422, installation, "POST", "/api/v1/tenants", map[string]any{"name": "No Name"})
	d.want(t, 403, all, "PATCH", "/api/v1/tenants/acme", map[string]any{"repositories": 0})
	changed := decode[struct {
		Limits            map[string]float64
		SharesCredentials bool `json:"shares_credentials"`
	}](t, d.want(t, 200, installation, "PATCH", "/api/v1/tenants/acme", map[string]any{"documents": 5, "shares_credentials": true}))
	if changed.Limits["repositories"] != 3 || changed.Limits["documents"] != 5 || !changed.SharesCredentials {
		t.Errorf("changed %+v", changed)
	}
	d.want(t, 404, installation, "PATCH", "/api/v1/tenants/nosuch", map[string]any{})
	d.want(t, 204, all, "PUT", "/api/v1/credentials/Git.example.org", map[string]any{"user": "bot", "secret": "s3cr3tPassw0rd"})
	d.want(t, 422, all, "PUT", "/api/v1/credentials/a%2Fb", map[string]any{"secret": "x"})
	d.want(t, 422, all, "PUT", "/api/v1/credentials/git.example.org", map[string]any{"secret": "two words"})
	if a := d.want(t, 200, all, "GET", "/api/v1/credentials", nil); !strings.Contains(string(a.body), `"git.example.org"`) || strings.Contains(string(a.body), "s3cr3t") {
		t.Errorf("listed %s", a.body)
	}
	if stored := d.Dump(t); strings.Contains(stored, "s3cr3t") || strings.Contains(d.Logs.String(), "s3cr3t") {
		t.Error("the catalog or the log holds the credential")
	}
	d.want(t, 200, installation, "GET", "/api/v1/credentials?tenant=other", nil)
	d.want(t, 404, installation, "DELETE", "/api/v1/credentials/git.example.org?tenant=other", nil)
	d.want(t, 204, all, "DELETE", "/api/v1/credentials/git.example.org", nil)
	d.want(t, 403, all, "GET", "/api/v1/audit?any_tenant=true", nil)
	d.want(t, 204, installation, "DELETE", "/api/v1/tenants/acme", nil)
	page := get[struct {
		Changes []struct{ Action string }
		Next    string
	}](t, d, installation, "/api/v1/audit?any_tenant=true&limit=2")
	if len(page.Changes) != 2 || page.Changes[0].Action != "tenant.delete" || page.Next == "" {
		t.Errorf("the newest changes are %+v", page)
	}
	if rest := get[struct{ Changes []struct{ Action string } }](t, d, installation, "/api/v1/audit?any_tenant=true&cursor="+page.Next); len(rest.Changes) != 3 {
		t.Errorf("then %+v", rest)
	}
}

// A tenant that has used up its requests of a minute must wait, whichever of its tokens it uses.
func TestATenantsRequestsAreLimited(t *testing.T) {
	d := open(t)
	d.want(t, 201, installation, "POST", "/api/v1/tenants", map[string]any{"name": "acme", "requests_minute": 3})
	var tokens []string
	for _, name := range []string{"a", "b"} {
		made := decode[madeToken](t, d.want(t, 201, all, "POST", "/api/v1/tokens", map[string]any{"name": name, "scopes": []string{"read"}}))
		tokens = append(tokens, made.Token)
	}
	for i := range 3 {
		d.want(t, 200, tokens[i%2], "GET", "/api/v1/repositories", nil)
	}
	for _, token := range tokens {
		if a := d.want(t, http.StatusTooManyRequests, token, "GET", "/api/v1/repositories", nil); a.Header.Get("Retry-After") == "" {
			t.Error("it is not told how long to wait")
		}
	}
	d.want(t, 200, all, "GET", "/api/v1/repositories", nil) // the test made its grant, which names no limit
}
