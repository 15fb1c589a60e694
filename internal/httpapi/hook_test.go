package httpapi_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/httpapi"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/internal/webhook"
)

// send delivers a body to a path, signed with a secret. An empty secret means no signature.
func (d *door) send(t *testing.T, path, secret string, body io.Reader, signed []byte, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if secret != "" {
		r.Header.Set("X-Leat-Signature", webhook.Sign(secret, signed))
	}
	return exchange(t, r, headers...)
}

func (d *door) sendText(t *testing.T, path, secret, body string, headers ...string) answer {
	t.Helper()
	return d.send(t, path, secret, strings.NewReader(body), []byte(body), headers...)
}

func (d *door) hook(t *testing.T, name, allowed string) service.CreatedHook {
	t.Helper()
	d.Rows(t, "insert into tenants (name) values ('acme') on conflict do nothing")
	a := d.ask(t, all, http.MethodPost, "/api/v1/hooks", map[string]any{"name": name, "provider": "generic", "allowed": []string{allowed}})
	if a.StatusCode != http.StatusCreated {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	return decode[service.CreatedHook](t, a)
}

// A signed delivery is published before it is acknowledged. It can be shown and handled again.
func TestADeliveryIsPublished(t *testing.T) {
	d := open(t)
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.txt", "water\n"))
	h := d.hook(t, "forge", "file://"+filepath.Dir(repo.Dir))
	body := fmt.Sprintf(`{"url":%q}`, repo.Dir)
	a := d.sendText(t, h.Path, h.Secret, body, "X-Leat-Delivery", "d-1")
	if a.StatusCode != http.StatusAccepted || decode[service.DeliverAnswer](t, a).State != "accepted" {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	if heard := testpipe.Count(d.Events.Drain(t)); heard[events.TypeRepoSubmitted] != 1 {
		t.Errorf("heard %v", heard)
	}
	if a := d.sendText(t, h.Path, h.Secret, body, "X-Leat-Delivery", "d-1"); a.StatusCode != http.StatusOK || !decode[service.DeliverAnswer](t, a).Duplicate {
		t.Errorf("again: %d %s", a.StatusCode, a.body)
	}
	if a := d.sendText(t, h.Path, h.Secret, `{"event":"ping"}`); a.StatusCode != http.StatusOK {
		t.Errorf("ping: %d %s", a.StatusCode, a.body)
	}
	type list struct {
		Deliveries []service.Delivery
		Next       string
	}
	first := get[list](t, d, all, "/api/v1/deliveries?hook=forge&limit=1")
	rest := get[list](t, d, all, "/api/v1/deliveries?cursor="+first.Next)
	if len(first.Deliveries) != 1 || len(rest.Deliveries) != 1 || rest.Deliveries[0].Delivery != "d-1" || rest.Deliveries[0].Times != 2 {
		t.Fatalf("listed %+v, then %+v", first, rest)
	}
	one := fmt.Sprintf("/api/v1/deliveries/%d", rest.Deliveries[0].ID)
	if shown := get[service.Delivery](t, d, all, one); shown.Body != body || len(shown.Effects) == 0 {
		t.Errorf("shown: %+v", shown)
	}
	if a := d.ask(t, all, http.MethodPost, one+"/replay", nil); a.StatusCode != http.StatusOK || decode[service.DeliverAnswer](t, a).Became[0].Did != "submitted" {
		t.Errorf("replay: %d %s", a.StatusCode, a.body)
	}
	if heard := testpipe.Count(d.Events.Drain(t)); heard[events.TypeRepoSubmitted] != 1 {
		t.Errorf("heard %v after the replay", heard)
	}

	if a := d.ask(t, all, http.MethodPost, "/api/v1/hooks/forge/rotate", map[string]any{"overlap_seconds": 0}); a.StatusCode != http.StatusOK ||
		d.sendText(t, h.Path, h.Secret, body).StatusCode != http.StatusUnauthorized ||
		d.sendText(t, h.Path, decode[service.CreatedHook](t, a).Secret, body).StatusCode != http.StatusAccepted {
		t.Errorf("rotate: %d %s", a.StatusCode, a.body)
	}
	if a := d.ask(t, all, http.MethodDelete, "/api/v1/hooks/forge", nil); a.StatusCode != http.StatusOK || decode[service.Hook](t, a).RevokedAt == nil {
		t.Errorf("revoke: %d %s", a.StatusCode, a.body)
	}
	hooks := d.ask(t, all, http.MethodGet, "/api/v1/hooks", nil)
	if hooks.StatusCode != http.StatusOK || !strings.Contains(string(hooks.body), h.ID) || strings.Contains(string(hooks.body), h.Secret) {
		t.Errorf("hooks: %d %s", hooks.StatusCode, hooks.body)
	}
}

// A client that guesses learns nothing. A bad delivery gets a status that says so.
func TestBadDeliveriesAreRefused(t *testing.T) {
	d := open(t)
	h, revoked := d.hook(t, "forge", "git.example.org/mill"), d.hook(t, "revoked", "git.example.org/mill")
	d.ask(t, all, http.MethodDelete, "/api/v1/hooks/revoked", nil)
	body := `{"event":"ping"}`
	alike := ""
	for what, a := range map[string]answer{
		"no signature":     d.sendText(t, h.Path, "", body),
		"wrong signature":  d.sendText(t, h.Path, "wrong", body),
		"short signature":  d.sendText(t, h.Path, "", body, "X-Leat-Signature", "sha256=0"),
		"unknown hook":     d.sendText(t, "/hooks/generic/AAAAAAAAAAAAAAAAAAAAAAAAAA", h.Secret, body),
		"revoked hook":     d.sendText(t, revoked.Path, revoked.Secret, body),
		"another provider": d.sendText(t, "/hooks/github/"+h.ID, h.Secret, body),
		"no provider":      d.sendText(t, "/hooks/sourceforge/"+h.ID, h.Secret, body),
	} {
		p := decode[httpapi.Problem](t, a)
		p.RequestID = ""
		text := fmt.Sprintf("%+v", p)
		if alike == "" {
			alike = text
		}
		if a.StatusCode != http.StatusUnauthorized || text != alike {
			t.Errorf("%s: %d %s, want %s", what, a.StatusCode, text, alike)
		}
	}
	large := bytes.Repeat([]byte("x"), webhook.MaxBody+1)
	for what, test := range map[string]struct {
		got    answer
		status int
	}{
		"another repository":  {d.sendText(t, h.Path, h.Secret, `{"url":"https://git.example.org/other/a"}`), http.StatusForbidden},
		"truncated":           {d.sendText(t, h.Path, h.Secret, `{"url":"https://git.ex`), http.StatusBadRequest},
		"another type":        {d.sendText(t, h.Path, h.Secret, body, "Content-Type", "text/plain"), http.StatusUnsupportedMediaType},
		"25 MiB":              {d.send(t, h.Path, h.Secret, bytes.NewReader(large[1:]), large[1:]), http.StatusBadRequest},
		"more":                {d.send(t, h.Path, h.Secret, bytes.NewReader(large), large), http.StatusRequestEntityTooLarge},
		"more, and no length": {d.send(t, h.Path, h.Secret, io.MultiReader(bytes.NewReader(large)), large), http.StatusRequestEntityTooLarge},
	} {
		if test.got.StatusCode != test.status {
			t.Errorf("%s: %d %.300s, want %d", what, test.got.StatusCode, test.got.body, test.status)
		}
	}
	if a := d.ask(t, "", http.MethodGet, h.Path, nil); a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d %s", a.StatusCode, a.body)
	}
	if a := d.sendText(t, h.Path, h.Secret, body); a.StatusCode != http.StatusOK {
		t.Errorf("after all that: %d %s", a.StatusCode, a.body)
	}
}

// Hooks need the scope operate, and belong to a tenant.
func TestHooksNeedAToken(t *testing.T) {
	d := open(t)
	h := d.hook(t, "forge", "git.example.org/mill")
	d.grants["reads"] = access.Grant{Tenant: "acme", Token: "reads", Scopes: []access.Scope{access.ScopeRead, access.ScopeSearch, access.ScopeSubmit, access.ScopeAdmin}}
	d.grants["other"] = access.Grant{Tenant: "other", Token: "other", Scopes: access.Scopes}
	for _, test := range []struct {
		token  string
		status int
	}{{"", http.StatusUnauthorized}, {"reads", http.StatusForbidden}, {"other", http.StatusNotFound}} {
		for _, ask := range []struct{ method, path string }{
			{http.MethodGet, "/api/v1/hooks/" + h.ID}, {http.MethodDelete, "/api/v1/hooks/forge"}, {http.MethodGet, "/api/v1/deliveries?hook=forge"},
			{http.MethodGet, "/api/v1/deliveries/1"}, {http.MethodPost, "/api/v1/deliveries/1/replay"},
		} {
			if a := d.ask(t, test.token, ask.method, ask.path, nil); a.StatusCode != test.status {
				t.Errorf("%s %s as %q: %d, want %d", ask.method, ask.path, test.token, a.StatusCode, test.status)
			}
		}
	}
}
