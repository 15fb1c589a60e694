package access

import (
	"slices"
	"strings"
	"testing"
)

func TestRulesAreRead(t *testing.T) {
	for text, want := range map[string]Rule{
		"dev=acme:read":        {Role: "dev", Tenant: "acme", Scopes: []Scope{ScopeRead}},
		"boss=*:search, admin": {Role: "boss", Scopes: []Scope{ScopeAdmin, ScopeSearch}},
		"CN=leat,OU=x=acme:read:git.corp:8443/a/*,h/b/c": {Role: "CN=leat,OU=x", Tenant: "acme", Scopes: []Scope{ScopeRead}, Repositories: []string{"git.corp:8443/a/*", "h/b/c"}},
		"*=acme:search": {Role: AnyRole, Tenant: "acme", Scopes: []Scope{ScopeSearch}},
	} {
		r, err := ParseRule(text)
		if err != nil || r.Role != want.Role || r.Tenant != want.Tenant || !slices.Equal(r.Scopes, want.Scopes) || !slices.Equal(r.Repositories, want.Repositories) {
			t.Errorf("%s: %+v, %v", text, r, err)
		}
	}
	for _, text := range []string{"", "dev", "=acme:read", "dev=acme", "dev=acme:", "dev=acme:everything", "dev=a.b:read", "dev=:read", "dev=acme:read:", "dev=acme:read:a b\x00"} {
		if r, err := ParseRule(text); err == nil {
			t.Errorf("%q is read as %+v", text, r)
		}
	}
}

// Rules are not combined: each applies to its own repositories.
func TestTheFirstRuleDecides(t *testing.T) {
	rules := Rules{{Role: "dev", Tenant: "acme"}, {Role: "ops", Tenant: "other"}, {Role: AnyRole, Tenant: "guest"}}
	for roles, want := range map[string]string{"ops dev": "acme", "ops": "other", "": "guest", "Dev": "guest"} {
		if r, ok := rules.For(strings.Fields(roles)); !ok || r.Tenant != want {
			t.Errorf("roles %q: %+v, %v", roles, r, ok)
		}
	}
	if r, ok := rules[:2].For([]string{"nobody"}); ok {
		t.Errorf("a stranger gets %+v", r)
	}
	if _, ok := rules.Named("gone"); ok {
		t.Error("a rule that is not there is found")
	}
	one, two := rules[0].Grant("https://a.example", "1", "ada"), rules[0].Grant("https://b.example", "1", "ada")
	if one.Token == two.Token || one.Token != rules[1].Grant("https://a.example", "1", "bob").Token {
		t.Errorf("people are known as %s and %s", one.Token, two.Token)
	}
}
