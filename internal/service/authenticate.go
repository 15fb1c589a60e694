package service

import (
	"context"
	"sync"
	"time"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

const (
	// bearerAge is the longest time for which a revoked token stays valid.
	bearerAge = 2 * time.Second
	// mostBearers bounds the tokens in memory.
	mostBearers = 10_000
)

// Authenticate returns what a token grants. An unknown, an expired and a revoked token
// give the same error.
func (s *Service) Authenticate(ctx context.Context, secret string) (g access.Grant, err error) {
	defer mark(&err)
	hash, ok := access.ParseToken(secret)
	if !ok {
		return g, unauthenticated()
	}
	return s.bearer(ctx, hash)
}

// Resume returns what the token with a hash grants, for a session that has shown the token before.
// Its errors are those of Authenticate.
func (s *Service) Resume(ctx context.Context, hash access.Hash) (g access.Grant, err error) {
	defer mark(&err)
	return s.bearer(ctx, hash)
}

func (s *Service) bearer(ctx context.Context, hash access.Hash) (g access.Grant, err error) {
	if g, ok := s.bearers.get(hash, time.Now()); ok {
		return g, nil
	}
	if err := s.need(store.Postgres); err != nil {
		return g, err
	}
	asked := time.Now() // before the catalog answers, so that bearerAge includes a revocation meanwhile
	bearer, err := s.stores.Catalog.Tokens.Authenticate(ctx, hash)
	if isNotFound(err) {
		return g, unauthenticated()
	}
	if err != nil {
		return g, err
	}
	g = grantOf(bearer)
	s.bearers.put(hash, g, asked, bearer.ExpiresAt)
	return g, nil
}

func unauthenticated() error {
	return &Error{Kind: Unauthenticated, Field: FieldToken, Reason: "the token is not valid: it is unknown, expired or revoked"}
}

func grantOf(b catalog.Bearer) access.Grant {
	g := access.Grant{Tenant: b.Tenant, Token: b.ID.String(), Name: b.Name, Repositories: b.Repositories, Requests: b.Requests}
	for _, s := range b.Scopes {
		g.Scopes = append(g.Scopes, access.Scope(s))
	}
	return g
}

// bearers remembers valid tokens for a moment. The zero value is empty.
type bearers struct {
	mu    sync.Mutex
	known map[access.Hash]bearer
}

type bearer struct {
	grant access.Grant
	until time.Time
}

func (b *bearers) get(hash access.Hash, now time.Time) (access.Grant, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found, ok := b.known[hash]
	if !ok || !now.Before(found.until) {
		return access.Grant{}, false
	}
	return found.grant, true
}

// put remembers a token until it is old or expires. If there are too many tokens, it forgets the
// old ones, or all if none is old.
func (b *bearers) put(hash access.Hash, g access.Grant, asked time.Time, expires *time.Time) {
	until := asked.Add(bearerAge)
	if expires != nil && expires.Before(until) {
		until = *expires
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.known) >= mostBearers {
		for h, old := range b.known {
			if !asked.Before(old.until) {
				delete(b.known, h)
			}
		}
	}
	if b.known == nil || len(b.known) >= mostBearers {
		b.known = make(map[access.Hash]bearer)
	}
	b.known[hash] = bearer{g, until}
}

// forget makes the service ask the catalog about all tokens again.
func (b *bearers) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known = nil
}
