package service_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

var hookKey = seal.NewKey()

func newBox(t *testing.T, key string) *seal.Box {
	t.Helper()
	box, err := seal.New(key)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// openHooks is like open, with a key for the secrets of hooks.
func openHooks(t *testing.T) mill {
	t.Helper()
	p := testpipe.Open(t, testpipe.Config{})
	return mill{p, service.New(service.Config{Index: p.Config().Index, OpenEmbedder: p.OpenEmbedder, Box: newBox(t, hookKey)}, p.Stores.Stores)}
}

func (m mill) hook(t *testing.T, r service.CreateHookRequest) service.CreatedHook {
	t.Helper()
	if r.Tenant == "" {
		r.Tenant = "default"
	}
	if r.Name == "" {
		r.Name = "forge"
	}
	if r.Provider == "" {
		r.Provider = "generic"
	}
	if r.Allowed == nil {
		r.Allowed = []string{"git.example.org/mill"}
	}
	created, err := m.CreateHook(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return created
}

// A hook is shown without its secret. The catalog holds the secret sealed, and the audit log does
// not hold it.
func TestAHookKeepsItsSecret(t *testing.T) {
	m := openHooks(t)
	made := m.hook(t, service.CreateHookRequest{Name: "made", Provider: "github", Allowed: []string{"https://GitHub.com/acme/"}, Refs: []string{"v*"}})
	given := m.hook(t, service.CreateHookRequest{Name: "given", Provider: "gitlab", Secret: "whsec_Z2l2ZW4gYnkgZ2l0bGFi"})
	if len(made.Secret) < 40 || len(made.ID) < 20 || made.Path != "/hooks/github/"+made.ID || made.Allowed[0] != "github.com/acme" || given.Secret != "whsec_Z2l2ZW4gYnkgZ2l0bGFi" {
		t.Errorf("created %+v and %+v", made, given)
	}
	dump := m.Dump(t)
	for _, secret := range []string{made.Secret, given.Secret, strings.TrimPrefix(given.Secret, "whsec_")} {
		if strings.Contains(dump, secret) {
			t.Error("the catalog holds a secret")
		}
	}
	if log := m.One(t, "select string_agg(a::text, ' ') from audit a"); !strings.Contains(log, "hook.create") || strings.Contains(log, made.ID) {
		t.Errorf("the audit log has %s", log)
	}
	list, err := m.Hooks(t.Context(), service.HooksRequest{Tenant: "default", Limit: 1})
	if err != nil || len(list.Hooks) != 1 || list.Next != made.ID {
		t.Fatalf("the first page: %+v, %v", list, err)
	}
	rest, err := m.Hooks(t.Context(), service.HooksRequest{Tenant: "default", Limit: 1, After: list.Next})
	if err != nil || len(rest.Hooks) != 1 || rest.Next != "" || rest.Hooks[0].Name != "given" {
		t.Errorf("the second page: %+v, %v", rest, err)
	}
}

func TestBadHooksAreRefused(t *testing.T) {
	m := openHooks(t)
	m.hook(t, service.CreateHookRequest{Name: "taken"})
	good := service.CreateHookRequest{Tenant: "default", Name: "n", Provider: "github", Allowed: []string{"github.com/acme"}}
	for _, test := range []struct {
		what   string
		change func(*service.CreateHookRequest)
		kind   service.Kind
	}{
		{"no name", func(r *service.CreateHookRequest) { r.Name = " " }, service.Invalid},
		{"a long name", func(r *service.CreateHookRequest) { r.Name = strings.Repeat("n", 101) }, service.Invalid},
		{"a taken name", func(r *service.CreateHookRequest) { r.Name = "taken" }, service.Refused},
		{"an unknown provider", func(r *service.CreateHookRequest) { r.Provider = "sourceforge" }, service.Invalid},
		{"nothing allowed", func(r *service.CreateHookRequest) { r.Allowed = nil }, service.Invalid},
		{"a whole forge", func(r *service.CreateHookRequest) { r.Allowed = []string{"github.com"} }, service.Invalid},
		{"an unknown scope", func(r *service.CreateHookRequest) { r.Scopes = []string{"admin"} }, service.Invalid},
		{"a bad glob", func(r *service.CreateHookRequest) { r.Refs = []string{"a b"} }, service.Invalid},
		{"a short secret", func(r *service.CreateHookRequest) { r.Secret = "short" }, service.Invalid},
		{"a secret that no header can hold", func(r *service.CreateHookRequest) { r.Secret = "0123456789abcdef\n" }, service.Invalid},
		{"an unknown tenant", func(r *service.CreateHookRequest) { r.Tenant = "nobody" }, service.NotFound},
	} {
		r := good
		test.change(&r)
		_, err := m.CreateHook(t.Context(), r)
		wantKind(t, test.what, err, test.kind)
	}
	if n := m.One(t, "select count(*) from hooks"); n != "1" {
		t.Errorf("%s hooks", n)
	}
	keyless := service.New(service.Config{}, m.Stores.Stores)
	_, err := keyless.CreateHook(t.Context(), good)
	wantKind(t, "without a key", err, service.Unavailable)
}

// A token can make no hook that may do more than itself, and sees no hook that reaches more.
func TestHooksOfALimitedToken(t *testing.T) {
	m := openHooks(t)
	wide := m.hook(t, service.CreateHookRequest{Name: "wide", Allowed: []string{"git.example.org"}})
	narrow := m.hook(t, service.CreateHookRequest{Name: "narrow", Allowed: []string{"git.example.org/mill/a"}})
	reach := []string{"git.example.org/mill/**"}
	as := func(scopes ...access.Scope) context.Context {
		return access.With(t.Context(), access.Grant{Tenant: "default", Name: "ci", Scopes: scopes, Repositories: reach})
	}
	both := as(access.ScopeOperate, access.ScopeSubmit)
	request := service.CreateHookRequest{Tenant: "default", Reach: reach, Name: "own", Provider: "generic", Allowed: []string{"git.example.org/mill"}}
	_, err := m.CreateHook(as(access.ScopeOperate), request)
	wantKind(t, "without submit", err, service.Denied)
	if _, err := m.CreateHook(both, request); err != nil {
		t.Error(err)
	}
	request.Name, request.Allowed = "more", []string{"git.example.org/mill", "git.example.org/other"}
	_, err = m.CreateHook(both, request)
	wantKind(t, "a hook of more repositories", err, service.Denied)

	list, err := m.Hooks(both, service.HooksRequest{Tenant: "default", Reach: reach})
	if err != nil || len(list.Hooks) != 2 || list.Hooks[0].ID != narrow.ID {
		t.Errorf("listed %+v, %v", list, err)
	}
	for _, name := range []string{wide.ID, "wide"} {
		_, err := m.RevokeHook(both, service.HookRequest{Tenant: "default", Reach: reach, Hook: name})
		wantKind(t, "revoke "+name, err, service.NotFound)
	}
	_, err = m.RotateHook(as(access.ScopeOperate), service.RotateHookRequest{HookRequest: service.HookRequest{Tenant: "default", Reach: reach, Hook: "own"}})
	wantKind(t, "rotate without submit", err, service.Denied)
}

// While a secret is rotated, both are valid. Then only the new one is.
func TestASecretIsRotated(t *testing.T) {
	m := openHooks(t)
	h := m.hook(t, service.CreateHookRequest{})
	body := `{"event":"ping"}`
	if _, err := m.deliver(t, h.Hook, h.Secret, body); err != nil {
		t.Fatal(err)
	}
	request := service.RotateHookRequest{HookRequest: service.HookRequest{Tenant: "default", Hook: "forge"}}
	second, err := m.RotateHook(t.Context(), request)
	if err != nil || second.ID != h.ID || second.Secret == h.Secret || second.PreviousUntil == nil {
		t.Fatalf("rotated: %+v, %v", second, err)
	}
	for _, secret := range []string{h.Secret, second.Secret} {
		if _, err := m.deliver(t, h.Hook, secret, body); err != nil {
			t.Errorf("during the overlap: %v", err)
		}
	}
	at := new(time.Duration)
	request.Overlap = at
	third, err := m.RotateHook(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	for i, secret := range []string{h.Secret, second.Secret, third.Secret} {
		_, err := m.deliver(t, h.Hook, secret, body)
		if last := i == 2; last && err != nil {
			t.Errorf("the newest secret: %v", err)
		} else if !last {
			wantKind(t, "an old secret", err, service.Unauthenticated)
		}
	}
	for _, overlap := range []time.Duration{-1, service.MaxOverlap + 1} {
		request.Overlap = &overlap
		_, err := m.RotateHook(t.Context(), request)
		wantKind(t, "an overlap of "+overlap.String(), err, service.Invalid)
	}
	if _, err := m.RevokeHook(t.Context(), request.HookRequest); err != nil {
		t.Fatal(err)
	}
	request.Hook, request.Overlap = h.ID, nil
	_, err = m.RotateHook(t.Context(), request)
	wantKind(t, "a revoked hook", err, service.Refused)
	m.hook(t, service.CreateHookRequest{}) // the name is free again
	if actions := m.One(t, "select string_agg(action, ' ' order by id) from audit"); actions != "hook.create hook.rotate hook.rotate hook.revoke hook.create" {
		t.Errorf("the audit log has %s", actions)
	}
}
