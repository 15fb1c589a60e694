package access

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/leatworks/leat/events"
)

// AnyRole is the role of everybody whom the provider knows.
const AnyRole = "*"

// Installation stands in a rule for the installation, in place of a tenant.
const Installation = "*"

// Rule says what people of a role may do.
type Rule struct {
	Role         string // a value of the claim, or AnyRole
	Tenant       string // "": the installation
	Scopes       []Scope
	Repositories []string // globs over canonical names; empty: all of the tenant's
}

// ParseRule reads a rule of the form ROLE=TENANT:SCOPE,…[:GLOB,…]. The tenant * is the
// installation.
func ParseRule(text string) (r Rule, err error) {
	at := strings.LastIndexByte(text, '=') // a role may be an LDAP name, which holds equals signs
	if at <= 0 {
		return r, fmt.Errorf("%.200q is not of the form ROLE=TENANT:SCOPES[:GLOBS]", text)
	}
	r.Role = text[:at]
	parts := strings.SplitN(text[at+1:], ":", 3) // a glob may hold a port
	if len(parts) < 2 {
		return r, fmt.Errorf("%.200q names no scopes: give ROLE=TENANT:SCOPES[:GLOBS]", text)
	}
	if parts[0] != Installation {
		if err := events.CheckTenant(parts[0]); err != nil {
			return r, fmt.Errorf("role %.200q: %w", r.Role, err)
		}
		r.Tenant = parts[0]
	}
	var scopes []Scope
	for scope := range strings.SplitSeq(parts[1], ",") {
		scopes = append(scopes, Scope(strings.TrimSpace(scope)))
	}
	if r.Scopes, err = CheckScopes(scopes); err != nil {
		return r, fmt.Errorf("role %.200q: %w", r.Role, err)
	}
	if len(parts) == 3 {
		if r.Repositories, err = CheckGlobs(strings.Split(parts[2], ",")); err != nil {
			return r, fmt.Errorf("role %.200q: %w", r.Role, err)
		}
	}
	return r, nil
}

// Grant returns the rights of a person with the rule's role. Its public id, derived from the
// provider and the subject, identifies the person where a token's id would stand: in limits, in the
// log and in the audit log.
func (r Rule) Grant(issuer, subject, name string) Grant {
	sum := sha256.Sum256([]byte(issuer + "\x00" + subject))
	return Grant{Tenant: r.Tenant, Token: "oidc-" + hex.EncodeToString(sum[:12]), Name: name, Scopes: r.Scopes, Repositories: r.Repositories}
}

// Rules are tried in their order.
type Rules []Rule

// For returns the first rule for one of a person's roles. Rules are not combined, because one may
// allow something in some repositories that another would then allow in all.
func (rs Rules) For(roles []string) (Rule, bool) {
	for _, rule := range rs {
		if rule.Role == AnyRole || slices.Contains(roles, rule.Role) {
			return rule, true
		}
	}
	return Rule{}, false
}

// Named returns the first rule of a role.
func (rs Rules) Named(role string) (Rule, bool) {
	for _, rule := range rs {
		if rule.Role == role {
			return rule, true
		}
	}
	return Rule{}, false
}
