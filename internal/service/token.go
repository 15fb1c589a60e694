package service

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

const (
	// MaxTokens bounds the tokens in one TokensAnswer.
	MaxTokens = 1000
	// MaxOverlap is the longest time for which a rotated token stays valid.
	MaxOverlap = 30 * 24 * time.Hour

	maxName = 100 // characters of the name of a token
)

// CreateTokenRequest asks for a token. If its context carries a grant, the token may not do more
// than that grant, and cannot be one of the installation.
type CreateTokenRequest struct {
	Tenant       string
	Reach        []string // globs of repositories; empty: all of the tenant's
	Installation bool     // a token of the installation, which reaches every tenant
	Name         string
	Scopes       []string
	Repositories []string      // globs over canonical names (access.CheckGlobs); empty: all
	Lifetime     time.Duration // until it expires; 0: never
}

// CreatedToken is a token with its secret, which nothing shows again.
type CreatedToken struct {
	catalog.Token
	Secret string
}

// CreateToken makes a token.
func (s *Service) CreateToken(ctx context.Context, r CreateTokenRequest) (created CreatedToken, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return created, err
	}
	t, err := newToken(r)
	if err != nil {
		return created, err
	}
	if caller, ok := access.From(ctx); ok && (r.Installation || !caller.Covers(powers(t))) {
		return created, denied("a token cannot create a token that may do more than itself")
	}
	if !reachCovers(r.Reach, t.Repositories) {
		return created, denied("a token cannot create a token that reaches more repositories than itself")
	}
	secret, hash := access.NewToken()
	if t, err = s.stores.Catalog.Tokens.Create(ctx, author(ctx), t, hash); isNotFound(err) {
		return created, noTenant(t.Tenant)
	}
	return CreatedToken{t, secret}, err
}

func newToken(r CreateTokenRequest) (t catalog.Token, err error) {
	t = catalog.Token{ID: uuid.Must(uuid.NewV7()), Tenant: r.Tenant, Name: strings.TrimSpace(r.Name)}
	if r.Installation {
		t.Tenant = ""
	}
	if !isName(t.Name) {
		return t, &Error{Kind: Invalid, Field: FieldName, Reason: fmt.Sprintf("give the token a name of 1 to %d characters that says who uses it", maxName)}
	}
	scopes := make([]access.Scope, len(r.Scopes))
	for i, scope := range r.Scopes {
		scopes[i] = access.Scope(scope)
	}
	if scopes, err = access.CheckScopes(scopes); err != nil {
		return t, &Error{Kind: Invalid, Field: FieldScope, Err: err}
	}
	for _, scope := range scopes {
		t.Scopes = append(t.Scopes, string(scope))
	}
	if t.Repositories, err = access.CheckGlobs(r.Repositories); err != nil {
		return t, &Error{Kind: Invalid, Field: FieldRepository, Err: err}
	}
	if r.Lifetime < 0 {
		return t, &Error{Kind: Invalid, Field: FieldAge, Value: r.Lifetime.String(), Reason: "give a positive duration, for example 2160h"}
	}
	if r.Lifetime > 0 {
		ends := time.Now().Add(r.Lifetime)
		t.ExpiresAt = &ends
	}
	return t, nil
}

// TokensRequest asks for a tenant's tokens.
type TokensRequest struct {
	Tenant       string
	Reach        []string  // globs of repositories; empty: all of the tenant's
	Installation bool      // the installation's tokens instead
	After        uuid.UUID // the list continues after this token; Nil: from the oldest
	Limit        int       // largest number of tokens, 1 to MaxTokens; 0: MaxTokens
}

// TokensAnswer lists tokens, oldest first, without their secrets.
type TokensAnswer struct {
	Tokens []catalog.Token
	Next   uuid.UUID // the next page is after this token; Nil: the list is complete
}

// Tokens lists tokens, including revoked and expired ones. It leaves out tokens that reach more
// repositories than the request.
func (s *Service) Tokens(ctx context.Context, r TokensRequest) (a TokensAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return a, err
	}
	if r.Limit == 0 {
		r.Limit = MaxTokens
	}
	if r.Limit < 1 || r.Limit > MaxTokens {
		return a, badLimit(r.Limit, MaxTokens, "tokens")
	}
	tenant, err := ownerOf(ctx, r.Tenant, r.Installation)
	if err != nil {
		return a, err
	}
	list, err := s.stores.Catalog.Tokens.List(ctx, tenant, r.After, r.Limit+1)
	if err != nil {
		return a, err
	}
	if len(list) > r.Limit {
		list = list[:r.Limit]
		a.Next = list[r.Limit-1].ID
	}
	for _, t := range list {
		if reachCovers(r.Reach, t.Repositories) {
			a.Tokens = append(a.Tokens, t)
		}
	}
	return a, nil
}

// isName says whether a text can be the name of a token or of a hook.
func isName(text string) bool {
	return text != "" && utf8.RuneCountInString(text) <= maxName && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// TokenRequest names a token.
type TokenRequest struct {
	Tenant       string
	Reach        []string // globs of repositories; empty: all of the tenant's
	Installation bool     // a token of the installation
	ID           uuid.UUID
	Name         string // if ID is Nil, the name of the token; only one valid token may have it
}

// Token returns one token, without its secret.
func (s *Service) Token(ctx context.Context, r TokenRequest) (t catalog.Token, err error) {
	defer mark(&err)
	return s.token(ctx, r)
}

func (s *Service) token(ctx context.Context, r TokenRequest) (t catalog.Token, err error) {
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return t, err
	}
	tenant, err := ownerOf(ctx, r.Tenant, r.Installation)
	if err != nil {
		return t, err
	}
	if r.ID == uuid.Nil && r.Name != "" {
		return s.tokenNamed(ctx, tenant, r)
	}
	t, err = s.stores.Catalog.Tokens.Load(ctx, r.ID)
	if isNotFound(err) || err == nil && (t.Tenant != tenant || !reachCovers(r.Reach, t.Repositories)) {
		return catalog.Token{}, noToken(r.ID.String())
	}
	return t, err
}

// tokenNamed finds the token with a name among the valid ones.
func (s *Service) tokenNamed(ctx context.Context, tenant string, r TokenRequest) (t catalog.Token, err error) {
	var found []catalog.Token
	for after := uuid.Nil; ; {
		list, err := s.stores.Catalog.Tokens.List(ctx, tenant, after, page)
		if err != nil {
			return t, err
		}
		if len(list) == 0 {
			break
		}
		after = list[len(list)-1].ID
		for _, t := range list {
			if t.Name == r.Name && !t.Ended(time.Now()) && reachCovers(r.Reach, t.Repositories) {
				found = append(found, t)
			}
		}
	}
	switch len(found) {
	case 0:
		return t, noToken(r.Name)
	case 1:
		return found[0], nil
	}
	reason := fmt.Sprintf("%d tokens have this name: give the id of one", len(found))
	return t, &Error{Kind: Invalid, Field: FieldToken, Value: r.Name, Reason: reason}
}

func noToken(name string) error {
	return &Error{Kind: NotFound, Field: FieldToken, Value: name, Reason: "no such token"}
}

// RevokeToken ends a token. Other processes refuse it within seconds.
func (s *Service) RevokeToken(ctx context.Context, r TokenRequest) (t catalog.Token, err error) {
	defer mark(&err)
	if t, err = s.token(ctx, r); err != nil {
		return t, err
	}
	t, err = s.stores.Catalog.Tokens.Revoke(ctx, author(ctx), t.ID)
	s.bearers.forget()
	return t, err
}

// RotateTokenRequest asks to replace a token by a new one.
type RotateTokenRequest struct {
	TokenRequest
	Overlap time.Duration // time for which the old token stays valid, at most MaxOverlap; 0: none
}

// RotateToken makes a token with the rights of another. Its lifetime is as long as the other's was,
// and begins now. The other ends after the overlap.
func (s *Service) RotateToken(ctx context.Context, r RotateTokenRequest) (created CreatedToken, err error) {
	defer mark(&err)
	if r.Overlap < 0 || r.Overlap > MaxOverlap {
		return created, &Error{Kind: Invalid, Field: FieldAge, Value: r.Overlap.String(), Reason: "the overlap may be 0s to " + MaxOverlap.String()}
	}
	old, err := s.token(ctx, r.TokenRequest)
	if err != nil {
		return created, err
	}
	if caller, ok := access.From(ctx); ok && !caller.Covers(powers(old)) {
		return created, denied("a token cannot rotate a token that may do more than itself")
	}
	secret, hash := access.NewToken()
	t, err := s.stores.Catalog.Tokens.Rotate(ctx, author(ctx), old.ID, uuid.Must(uuid.NewV7()), hash, r.Overlap)
	if errors.Is(err, catalog.ErrEnded) || errors.Is(err, catalog.ErrRotated) {
		return created, &Error{Kind: Refused, Field: FieldToken, Err: err}
	}
	s.bearers.forget()
	return CreatedToken{t, secret}, err
}

// ownerOf returns the tenant whose tokens are meant, or "" for the installation. A tenant's token
// may not ask for those.
func ownerOf(ctx context.Context, tenant string, installation bool) (string, error) {
	if !installation {
		return tenant, nil
	}
	if caller, ok := access.From(ctx); ok && caller.Tenant != "" {
		return "", denied("use a token of the installation")
	}
	return "", nil
}

// powers returns the rights of a token.
func powers(t catalog.Token) access.Grant {
	return grantOf(catalog.Bearer{ID: t.ID, Tenant: t.Tenant, Name: t.Name, Scopes: t.Scopes, Repositories: t.Repositories})
}

func reachCovers(reach, globs []string) bool {
	return (access.Grant{Repositories: reach}).Covers(access.Grant{Repositories: globs})
}

// author returns who makes a change.
func author(ctx context.Context) catalog.Author {
	origin := access.OriginOf(ctx)
	by := catalog.Author{Name: "operator", Door: origin.Door, Address: origin.Address, Request: origin.Request}
	if origin.Who != "" {
		by.Name = origin.Who
	}
	if g, ok := access.From(ctx); ok {
		by.Name, by.Token = g.Name, g.Token
	}
	return by
}

func denied(reason string) error { return &Error{Kind: Denied, Field: FieldToken, Reason: reason} }

func noTenant(tenant string) error {
	return &Error{Kind: NotFound, Field: FieldTenant, Value: tenant, Reason: "no such tenant: create it first"}
}
