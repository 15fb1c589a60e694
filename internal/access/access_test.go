package access_test

import (
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/access"
)

func TestATokenIsReadBack(t *testing.T) {
	seen := make(map[string]bool)
	for range 1000 {
		token, hash := access.NewToken()
		if len(token) != access.TokenLength || !strings.HasPrefix(token, access.Prefix) || seen[token] {
			t.Fatalf("token %q", token)
		}
		seen[token] = true
		if got, ok := access.ParseToken(token); !ok || got != hash {
			t.Fatalf("%q is not read back", token)
		}
	}
}

// The checksum is part of the format of tokens, which secret scanners know.
func TestTheFormatOfATokenStays(t *testing.T) {
	const token = "leat_0123456789ABCDEFGHIJKLMNOPQRST3OdA49"
	if _, ok := access.ParseToken(token); !ok {
		t.Errorf("%s is no token", token)
	}
}

func TestOtherTextIsNoToken(t *testing.T) {
	token, _ := access.NewToken()
	for i := range len(token) {
		changed := []byte(token)
		changed[i] ^= 1
		if _, ok := access.ParseToken(string(changed)); ok {
			t.Errorf("%q is accepted after a change at %d", changed, i)
		}
	}
	for _, text := range []string{
		"", " ", access.Prefix, token[1:], token + "0", token[:len(token)-1], " " + token, token + "\n", "Bearer " + token,
		strings.ToUpper(token), strings.ToLower(token), strings.Repeat("a", 1<<20), strings.Repeat("\x00", len(token)), strings.Repeat("é", len(token)/2) + "x",
	} {
		if _, ok := access.ParseToken(text); ok {
			t.Errorf("%.60q is accepted", text)
		}
	}
}

func TestScopesAreIndependent(t *testing.T) {
	for _, has := range access.Scopes {
		for _, asked := range access.Scopes {
			if got := (access.Grant{Scopes: []access.Scope{has}}).Allows(asked); got != (has == asked) {
				t.Errorf("a token with %s: %s is %v", has, asked, got)
			}
		}
	}
	if (access.Grant{}).Allows(access.ScopeRead) || (access.Grant{}).Allows("") {
		t.Error("a grant without scopes allows something")
	}
}

func TestScopesAreChecked(t *testing.T) {
	for _, bad := range [][]access.Scope{nil, {}, {""}, {"Read"}, {"read", "write"}, {"*"}, {"read,search"}, {" read"}} {
		if got, err := access.CheckScopes(bad); err == nil {
			t.Errorf("%q is accepted as %q", bad, got)
		}
	}
	if got, err := access.CheckScopes([]access.Scope{"search", "read", "search"}); err != nil || len(got) != 2 || got[0] != "read" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestOneCoversAnother(t *testing.T) {
	read, admin := access.ScopeRead, access.ScopeAdmin
	of := func(tenant string, scopes []access.Scope, globs ...string) access.Grant {
		return access.Grant{Tenant: tenant, Scopes: scopes, Repositories: globs}
	}
	both, one := []access.Scope{read, admin}, []access.Scope{read}
	for _, test := range []struct {
		name         string
		outer, inner access.Grant
		want         bool
	}{
		{"the same", of("a", one), of("a", one), true},
		{"fewer scopes", of("a", both), of("a", one), true},
		{"more scopes", of("a", one), of("a", both), false},
		{"another tenant", of("a", one), of("b", one), false},
		{"a tenant, of the installation", of("", one), of("b", one), true},
		{"the installation, of a tenant", of("a", one), of("", one), false},
		{"fewer repositories", of("a", one), of("a", one, "github.com/x/y"), true},
		{"all repositories", of("a", one, "github.com/x/**"), of("a", one), false},
		{"the same glob", of("a", one, "github.com/x/**"), of("a", one, "github.com/x/**"), true},
		{"a name within a glob", of("a", one, "github.com/x/**"), of("a", one, "github.com/x/y"), true},
		{"a name outside", of("a", one, "github.com/x/*"), of("a", one, "github.com/z/y"), false},
		{"a wider glob", of("a", one, "github.com/x/*"), of("a", one, "github.com/x/**"), false},
		{"one glob of two", of("a", one, "github.com/x/*"), of("a", one, "github.com/x/*", "github.com/y/*"), false},
	} {
		if got := test.outer.Covers(test.inner); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestAContextCarriesAGrant(t *testing.T) {
	if _, ok := access.From(t.Context()); ok {
		t.Error("a context without a grant carries one")
	}
	ctx := access.WithOrigin(access.With(t.Context(), access.Grant{Token: "t"}), access.Origin{Door: "http"})
	if g, ok := access.From(ctx); !ok || g.Token != "t" || access.OriginOf(ctx).Door != "http" {
		t.Errorf("got %+v, %v, %+v", g, ok, access.OriginOf(ctx))
	}
}
