package service_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

// A caller with a token may be anywhere, and must not name paths of leat's machine.
func TestATokenNamesNoPathOfTheMachine(t *testing.T) {
	m := openHooks(t)
	m.Rows(t, "insert into tenants (name) values ('acme') on conflict do nothing")
	dir := t.TempDir()
	ctx := access.With(t.Context(), access.Grant{Tenant: "acme", Token: "t", Scopes: access.Scopes})
	hook := func(entry string) service.CreateHookRequest {
		return service.CreateHookRequest{Tenant: "acme", Name: "h" + filepath.Base(entry), Provider: "generic", Allowed: []string{entry}}
	}
	for _, address := range []string{dir, "file://" + dir, "FILE://" + dir, "file://localhost" + dir, ".", "mill/../mill", "mill/a:b"} {
		_, err := m.Service.Submit(ctx, service.SubmitRequest{Tenant: "acme", Repository: address})
		wantKind(t, "submit "+address, err, service.Denied)
		if err != nil && !strings.Contains(err.Error(), "--local-paths") {
			t.Errorf("%s: the error does not say what to do: %v", address, err)
		}
	}
	_, err := m.CreateHook(ctx, hook("file://"+dir))
	wantKind(t, "a hook of a directory", err, service.Denied)
	if _, err := m.CreateHook(ctx, hook("forge.example/acme")); err != nil {
		t.Errorf("a hook of a host: %v", err)
	}
	if _, err := m.Service.Submit(ctx, service.SubmitRequest{Tenant: "acme", Repository: "https://forge.example/acme/mill"}); err != nil {
		t.Errorf("a URL: %v", err)
	}
	// An operator with the stores may submit local paths. Others may if the operator says so.
	if _, err := m.Service.Submit(t.Context(), service.SubmitRequest{Tenant: "acme", Repository: dir}); err != nil {
		t.Errorf("an operator: %v", err)
	}
	lax := service.New(service.Config{OpenEmbedder: m.OpenEmbedder, Box: newBox(t, hookKey), LocalPaths: true}, m.Stores.Stores)
	if _, err := lax.Submit(ctx, service.SubmitRequest{Tenant: "acme", Repository: dir}); err != nil {
		t.Errorf("a token, where it may: %v", err)
	}
	if _, err := lax.CreateHook(ctx, hook("file://"+dir)); err != nil {
		t.Errorf("a hook of a directory, where it may: %v", err)
	}
}
