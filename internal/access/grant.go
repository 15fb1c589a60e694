package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Scope is one thing that a token may do. Scopes are independent: none implies another.
type Scope string

// The scopes.
const (
	ScopeRead    Scope = "read"    // list repositories and their state, read trees and files
	ScopeSearch  Scope = "search"  // search
	ScopeSubmit  Scope = "submit"  // have repositories indexed
	ScopeOperate Scope = "operate" // dead letters, approvals, forgetting, hooks; of the installation also generations and the syncer
	ScopeAdmin   Scope = "admin"   // tokens, credentials, the audit log; of the installation also tenants
)

// Scopes lists all scopes.
var Scopes = []Scope{ScopeRead, ScopeSearch, ScopeSubmit, ScopeOperate, ScopeAdmin}

// CheckScopes returns the scopes sorted and without duplicates. It refuses an empty list and an
// unknown scope.
func CheckScopes(scopes []Scope) ([]Scope, error) {
	if len(scopes) == 0 {
		return nil, fmt.Errorf("a token needs at least one scope of: %s", list(Scopes))
	}
	for _, s := range scopes {
		if !slices.Contains(Scopes, s) {
			return nil, fmt.Errorf("unknown scope %.40q; there are %s", s, list(Scopes))
		}
	}
	scopes = slices.Clone(scopes)
	slices.Sort(scopes)
	return slices.Compact(scopes), nil
}

func list(scopes []Scope) string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}

// Grant says who asks, and what they may reach.
type Grant struct {
	Tenant       string   // tenant of the token; "" for a token of the installation (only an operator with the stores can create one)
	Token        string   // public id of the token
	Name         string   // name of the token or person, for the audit log
	Scopes       []Scope  // never empty
	Repositories []string // globs over canonical repository names; empty: all of the tenant's
	Requests     int      // bound of the tenant's requests a minute; 0: it has none of its own
}

// Allows says whether the grant has a scope.
func (g Grant) Allows(s Scope) bool { return slices.Contains(g.Scopes, s) }

// Reaches says whether the grant reaches the repository at a URL or path, if its
// tenant has it.
func (g Grant) Reaches(url string) bool { return Reaches(g.Repositories, url) }

// Covers says whether a grant allows everything that other allows, so that its holder may be given
// other.
func (g Grant) Covers(other Grant) bool {
	for _, s := range other.Scopes {
		if !g.Allows(s) {
			return false
		}
	}
	return (g.Tenant == "" || g.Tenant == other.Tenant) && coversGlobs(g.Repositories, other.Repositories)
}

// Origin says where a request came from, for the audit log.
type Origin struct {
	Who     string // the operator, where the context carries no grant
	Door    string // http, cli, mcp, web, nats or hook
	Address string // of the client; "": unknown
	Request string // id of the request; "": it has none
}

type grantKey struct{}
type originKey struct{}

// With returns a context that carries a grant.
func With(ctx context.Context, g Grant) context.Context {
	return context.WithValue(ctx, grantKey{}, g)
}

// From returns the grant that a context carries. An operator who works directly on the stores has
// none.
func From(ctx context.Context) (Grant, bool) {
	g, ok := ctx.Value(grantKey{}).(Grant)
	return g, ok
}

// WithOrigin returns a context that says where a request came from.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginOf returns where a request came from, as far as the context says.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}
