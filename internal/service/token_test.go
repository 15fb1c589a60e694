package service_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

func (m mill) token(t *testing.T, ctx context.Context, r service.CreateTokenRequest) service.CreatedToken {
	t.Helper()
	created, err := m.CreateToken(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	return created
}

func wantKind(t *testing.T, what string, err error, kind service.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: %v, want an error of kind %s", what, err, kind)
	}
}

func TestATokenGrantsWhatItWasCreatedFor(t *testing.T) {
	m := open(t)
	created := m.token(t, t.Context(), service.CreateTokenRequest{
		Tenant: "default", Name: " ci ", Scopes: []string{"search", "read"}, Repositories: []string{"GitHub.com/Acme/*"}, Lifetime: time.Hour,
	})
	g, err := m.Authenticate(t.Context(), created.Secret)
	if err != nil {
		t.Fatal(err)
	}
	if g.Tenant != "default" || g.Name != "ci" || g.Token != created.ID.String() || !g.Allows(access.ScopeRead) || g.Allows(access.ScopeAdmin) ||
		!g.Reaches("https://github.com/acme/mill") || g.Reaches("https://github.com/other/mill") {
		t.Errorf("got %+v", g)
	}
	if stored := m.One(t, "select string_agg(t::text, ' ') from tokens t"); strings.Contains(stored, created.Secret[5:]) {
		t.Errorf("the catalog holds the secret: %s", stored)
	}
	if log := m.One(t, "select string_agg(a::text, ' ') from audit a"); !strings.Contains(log, "token.create") || strings.Contains(log, created.Secret[5:]) {
		t.Errorf("the audit log has %s", log)
	}
	if used := m.One(t, "select (used_at is not null)::text from tokens"); used != "true" {
		t.Error("the use of the token is not noted")
	}
}

// A caller who guesses learns nothing from the error.
func TestTokensThatAreNotValidGiveOneError(t *testing.T) {
	m := open(t)
	create := func(name string) service.CreatedToken {
		return m.token(t, t.Context(), service.CreateTokenRequest{Tenant: "default", Name: name, Scopes: []string{"read"}, Lifetime: time.Hour})
	}
	expired, revoked, rotated := create("expired"), create("revoked"), create("rotated")
	m.Rows(t, "update tokens set created_at = now() - interval '2 hours', expires_at = now() - interval '1 second' where id = $1", expired.ID)
	if _, err := m.RevokeToken(t.Context(), service.TokenRequest{Tenant: "default", ID: revoked.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := m.RotateToken(t.Context(), service.RotateTokenRequest{TokenRequest: service.TokenRequest{Tenant: "default", ID: rotated.ID}}); err != nil {
		t.Fatal(err)
	}
	unknown, _ := access.NewToken()
	texts := make(map[string]bool)
	for name, secret := range map[string]string{
		"missing": "", "malformed": "leat_x", "unknown": unknown, "expired": expired.Secret, "revoked": revoked.Secret, "rotated": rotated.Secret,
		"in another case": strings.ToUpper(revoked.Secret), "an id": revoked.ID.String(), "with a space": create("spaced").Secret + " ",
	} {
		_, err := m.Authenticate(t.Context(), secret)
		wantKind(t, name, err, service.Unauthenticated)
		texts[err.Error()] = true
	}
	if len(texts) != 1 {
		t.Errorf("the errors tell apart: %v", texts)
	}
}

// A gateway that has just seen a token forgets it within seconds after another
// process revoked it.
func TestARevokedTokenIsForgotten(t *testing.T) {
	m := open(t)
	other := service.New(service.Config{OpenEmbedder: m.OpenEmbedder}, m.Stores.Stores)
	created := m.token(t, t.Context(), service.CreateTokenRequest{Tenant: "default", Name: "a", Scopes: []string{"read"}})
	for _, s := range []*service.Service{m.Service, other} {
		if _, err := s.Authenticate(t.Context(), created.Secret); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.RevokeToken(t.Context(), service.TokenRequest{Tenant: "default", ID: created.ID}); err != nil {
		t.Fatal(err)
	}
	revoked := time.Now() // calls that begin later than 4 s after it are refused
	_, err := m.Authenticate(t.Context(), created.Secret)
	wantKind(t, "the process that revoked it", err, service.Unauthenticated)
	for {
		asked := time.Now()
		_, err := other.Authenticate(t.Context(), created.Secret)
		if errors.Is(err, service.Unauthenticated) {
			break
		}
		if err != nil || asked.Sub(revoked) > 4*time.Second {
			t.Fatalf("another process is asked %s after the token was revoked: %v", asked.Sub(revoked), err)
		}
	}
}

func TestARotatedTokenEndsAfterTheOverlap(t *testing.T) {
	m := open(t)
	old := m.token(t, t.Context(), service.CreateTokenRequest{
		Tenant: "default", Name: "a", Scopes: []string{"read"}, Repositories: []string{"a.example/b"}, Lifetime: 10 * time.Hour,
	})
	name := service.TokenRequest{Tenant: "default", ID: old.ID}
	next, err := m.RotateToken(t.Context(), service.RotateTokenRequest{TokenRequest: name, Overlap: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if next.ID == old.ID || *next.RotatedFrom != old.ID || next.Repositories[0] != "a.example/b" || time.Until(*next.ExpiresAt).Round(time.Minute) != 10*time.Hour {
		t.Errorf("the new token is %+v", next.Token)
	}
	for _, secret := range []string{old.Secret, next.Secret} {
		if g, err := m.Authenticate(t.Context(), secret); err != nil || g.Reaches("https://a.example/c") {
			t.Errorf("during the overlap: %+v, %v", g, err)
		}
	}
	_, err = m.RotateToken(t.Context(), service.RotateTokenRequest{TokenRequest: name})
	wantKind(t, "rotated twice", err, service.Refused)
	m.Rows(t, "update tokens set created_at = created_at - interval '2 hours', expires_at = expires_at - interval '1 hour' where id = $1", old.ID)
	fresh := service.New(service.Config{OpenEmbedder: m.OpenEmbedder}, m.Stores.Stores)
	_, err = fresh.Authenticate(t.Context(), old.Secret)
	wantKind(t, "after the overlap", err, service.Unauthenticated)
	_, err = m.RotateToken(t.Context(), service.RotateTokenRequest{TokenRequest: name})
	wantKind(t, "rotated after its end", err, service.Refused)
	_, err = m.RotateToken(t.Context(), service.RotateTokenRequest{TokenRequest: service.TokenRequest{Tenant: "default", ID: next.ID}, Overlap: service.MaxOverlap + 1})
	wantKind(t, "an overlap without end", err, service.Invalid)
}

func TestATokenOfAnotherTenantIsNotFound(t *testing.T) {
	m := open(t)
	m.Rows(t, "insert into tenants (name) values ('acme'), ('other')")
	acme := m.token(t, t.Context(), service.CreateTokenRequest{Tenant: "acme", Name: "a", Scopes: []string{"read"}})
	whole := m.token(t, t.Context(), service.CreateTokenRequest{Tenant: "acme", Installation: true, Name: "w", Scopes: []string{"read"}})
	texts := make(map[string]bool)
	for name, id := range map[string]uuid.UUID{"another tenant's": acme.ID, "the installation's": whole.ID, "nobody's": uuid.Nil} {
		r := service.TokenRequest{Tenant: "other", ID: id}
		_, err := m.Token(t.Context(), r)
		wantKind(t, name, err, service.NotFound)
		texts[strings.ReplaceAll(err.Error(), id.String(), "ID")] = true
		_, err = m.RevokeToken(t.Context(), r)
		wantKind(t, name+", revoked", err, service.NotFound)
		_, err = m.RotateToken(t.Context(), service.RotateTokenRequest{TokenRequest: r})
		wantKind(t, name+", rotated", err, service.NotFound)
	}
	if len(texts) != 1 {
		t.Errorf("the errors tell apart: %v", texts)
	}
	for _, secret := range []string{acme.Secret, whole.Secret} {
		if _, err := m.Authenticate(t.Context(), secret); err != nil {
			t.Error(err)
		}
	}
	if a, err := m.Tokens(t.Context(), service.TokensRequest{Tenant: "other"}); err != nil || len(a.Tokens) != 0 {
		t.Errorf("other lists %+v, %v", a, err)
	}
}

// A token cannot create a more powerful one.
func TestATokenCreatesNoGreaterToken(t *testing.T) {
	m := open(t)
	m.Rows(t, "insert into tenants (name) values ('acme'), ('other')")
	ctx := access.With(t.Context(), access.Grant{Tenant: "acme", Token: "t", Scopes: []access.Scope{"admin", "read"}, Repositories: []string{"a.example/*"}})
	request := func(change func(*service.CreateTokenRequest)) error {
		r := service.CreateTokenRequest{Tenant: "acme", Reach: []string{"a.example/*"}, Name: "n", Scopes: []string{"read"}, Repositories: []string{"a.example/b"}}
		change(&r)
		_, err := m.CreateToken(ctx, r)
		return err
	}
	if err := request(func(*service.CreateTokenRequest) {}); err != nil {
		t.Errorf("a smaller token: %v", err)
	}
	for name, change := range map[string]func(*service.CreateTokenRequest){
		"more scopes":                      func(r *service.CreateTokenRequest) { r.Scopes = []string{"read", "search"} },
		"all repositories":                 func(r *service.CreateTokenRequest) { r.Repositories = nil },
		"other repositories":               func(r *service.CreateTokenRequest) { r.Repositories = []string{"a.example/**"} },
		"all repositories, in both":        func(r *service.CreateTokenRequest) { r.Repositories, r.Reach = nil, nil },
		"another tenant":                   func(r *service.CreateTokenRequest) { r.Tenant = "other" },
		"the installation":                 func(r *service.CreateTokenRequest) { r.Installation = true },
		"the installation, of an operator": func(r *service.CreateTokenRequest) { r.Installation, r.Repositories = true, nil },
	} {
		wantKind(t, name, request(change), service.Denied)
	}
	great := m.token(t, t.Context(), service.CreateTokenRequest{Tenant: "acme", Name: "great", Scopes: []string{"operate"}, Repositories: []string{"a.example/b"}})
	wide := m.token(t, t.Context(), service.CreateTokenRequest{Tenant: "acme", Name: "wide", Scopes: []string{"read"}})
	name := service.TokenRequest{Tenant: "acme", Reach: []string{"a.example/*"}, ID: great.ID}
	_, err := m.RotateToken(ctx, service.RotateTokenRequest{TokenRequest: name})
	wantKind(t, "rotate a token of other scopes", err, service.Denied)
	name.ID = wide.ID
	_, err = m.RevokeToken(ctx, name)
	wantKind(t, "revoke a token that reaches more", err, service.NotFound)
	if a, err := m.Tokens(ctx, service.TokensRequest{Tenant: "acme", Reach: name.Reach}); err != nil || len(a.Tokens) != 2 {
		t.Errorf("it lists %+v, %v", a, err)
	}
	_, err = m.Tokens(ctx, service.TokensRequest{Tenant: "acme", Installation: true})
	wantKind(t, "the installation's tokens", err, service.Denied)
}

func TestTokensAreListedInPages(t *testing.T) {
	m := open(t)
	for _, name := range []string{"a", "b", "c"} {
		m.token(t, t.Context(), service.CreateTokenRequest{Tenant: "default", Name: name, Scopes: []string{"read"}})
	}
	var names []string
	for r := (service.TokensRequest{Tenant: "default", Limit: 2}); ; {
		a, err := m.Tokens(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range a.Tokens {
			names = append(names, token.Name)
		}
		if r.After = a.Next; a.Next == uuid.Nil {
			break
		}
	}
	if got := strings.Join(names, " "); got != "a b c" {
		t.Errorf("got %s", got)
	}
}

func TestATokenRequestIsChecked(t *testing.T) {
	m := open(t)
	for name, change := range map[string]func(*service.CreateTokenRequest){
		"no name":                func(r *service.CreateTokenRequest) { r.Name = " " },
		"a long name":            func(r *service.CreateTokenRequest) { r.Name = strings.Repeat("é", 101) },
		"a name of two lines":    func(r *service.CreateTokenRequest) { r.Name = "a\nb" },
		"a name that is no text": func(r *service.CreateTokenRequest) { r.Name = "\xff" },
		"no scopes":              func(r *service.CreateTokenRequest) { r.Scopes = nil },
		"an unknown scope":       func(r *service.CreateTokenRequest) { r.Scopes = []string{"root"} },
		"a glob that is none":    func(r *service.CreateTokenRequest) { r.Repositories = []string{"https://a.example/b"} },
		"a term that has ended":  func(r *service.CreateTokenRequest) { r.Lifetime = -1 },
	} {
		r := service.CreateTokenRequest{Tenant: "default", Name: "n", Scopes: []string{"read"}}
		change(&r)
		_, err := m.CreateToken(t.Context(), r)
		wantKind(t, name, err, service.Invalid)
	}
	_, err := m.CreateToken(t.Context(), service.CreateTokenRequest{Tenant: "nosuch", Name: "n", Scopes: []string{"read"}})
	wantKind(t, "no such tenant", err, service.NotFound)
	if n := m.One(t, "select count(*)::text from audit"); n != "0" {
		t.Errorf("%s changes are in the audit log", n)
	}
}
