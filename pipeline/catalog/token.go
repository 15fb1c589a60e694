package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Tokens are the secrets by which clients prove who they are. The catalog holds their hashes.
type Tokens struct{ *store }

// Token is a token without its secret.
type Token struct {
	ID           uuid.UUID  `json:"id"`     // rises with time
	Tenant       string     `json:"tenant"` // "": of the installation
	Name         string     `json:"name"`
	Scopes       []string   `json:"scopes"`
	Repositories []string   `json:"repositories"` // globs; empty: all
	CreatedAt    time.Time  `json:"created_at"`
	ExpiresAt    *time.Time `json:"expires_at"`                   // nil: never
	UsedAt       *time.Time `json:"used_at"`                      // to the minute; nil: never
	RevokedAt    *time.Time `json:"revoked_at"`                   // nil: it is not
	RotatedFrom  *uuid.UUID `json:"rotated_from" nullable:"true"` // the token whose place it took; nil: none
}

// Ended says whether the token is no longer valid.
func (t Token) Ended(now time.Time) bool {
	return t.RevokedAt != nil || t.ExpiresAt != nil && !t.ExpiresAt.After(now)
}

// Bearer is the holder of a valid token.
type Bearer struct {
	ID                   uuid.UUID
	Tenant, Name         string
	Scopes, Repositories []string
	Requests             int // most of its tenant a minute; 0: no limit
	ExpiresAt            *time.Time
}

// Authenticate finds the token with a hash, and notes at most once a minute that it is used.
// It returns ErrNotFound for a token that is unknown, expired or revoked.
func (ts *Tokens) Authenticate(ctx context.Context, hash [32]byte) (Bearer, error) {
	r, err := ts.query.AuthenticateToken(ctx, hash[:])
	if noRows(err) {
		return Bearer{}, fmt.Errorf("token: %w", ErrNotFound)
	}
	if err != nil {
		return Bearer{}, fmt.Errorf("look for a token: %w", err)
	}
	if r.Stale {
		if err := ts.query.TouchToken(ctx, r.ID); err != nil {
			return Bearer{}, fmt.Errorf("note the use of token %s: %w", r.ID, err)
		}
	}
	return Bearer{r.ID, r.Tenant, r.Name, r.Scopes, r.Repositories, int(r.Requests), r.ExpiresAt}, nil
}

// Create stores a token with its hash. It returns ErrNotFound if there is no such tenant.
func (ts *Tokens) Create(ctx context.Context, by Author, t Token, hash [32]byte) (Token, error) {
	err := ts.inTx(ctx, func(q *query.Queries) error {
		if err := put(ctx, q, &t, hash); err != nil {
			return err
		}
		return audit(ctx, q, by, change{t.Tenant, "token.create", t.ID.String(), nil, t})
	})
	if err != nil {
		return t, fmt.Errorf("create token %s: %w", t.Name, err)
	}
	return t, nil
}

// put stores a token of a tenant that exists.
func put(ctx context.Context, q *query.Queries, t *Token, hash [32]byte) error {
	p := query.PutTokenParams{
		ID: t.ID, Name: t.Name, Hash: hash[:], Scopes: t.Scopes, Repositories: t.Repositories, ExpiresAt: t.ExpiresAt, RotatedFrom: t.RotatedFrom,
	}
	if t.Tenant != "" {
		if _, err := q.LoadTenant(ctx, t.Tenant); noRows(err) {
			return fmt.Errorf("tenant %s: %w", t.Tenant, ErrNotFound)
		} else if err != nil {
			return err
		}
		p.Tenant = &t.Tenant
	}
	if p.Repositories == nil {
		p.Repositories = []string{}
	}
	created, err := q.PutToken(ctx, p)
	t.CreatedAt = created
	return err
}

// Load returns one token of any tenant.
func (ts *Tokens) Load(ctx context.Context, id uuid.UUID) (Token, error) {
	r, err := ts.query.LoadToken(ctx, id)
	if noRows(err) {
		return Token{}, fmt.Errorf("token %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return Token{}, fmt.Errorf("load token %s: %w", id, err)
	}
	return Token(r), nil
}

// List lists up to most tokens of a tenant, oldest first, after an id. Tenant "" is the
// installation.
func (ts *Tokens) List(ctx context.Context, tenant string, after uuid.UUID, most int) ([]Token, error) {
	rows, err := ts.query.ListTokens(ctx, tenant, after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list tokens of tenant %s: %w", tenant, err)
	}
	tokens := make([]Token, len(rows))
	for i, r := range rows {
		tokens[i] = Token(r)
	}
	return tokens, nil
}

// Revoke ends a token. A token that was revoked before stays as it is.
func (ts *Tokens) Revoke(ctx context.Context, by Author, id uuid.UUID) (t Token, err error) {
	err = ts.inTx(ctx, func(q *query.Queries) error {
		before, err := lockToken(ctx, q, id)
		if err != nil || before.RevokedAt != nil {
			t = before
			return err
		}
		if err := q.RevokeToken(ctx, id); err != nil {
			return err
		}
		if t, err = lockToken(ctx, q, id); err != nil {
			return err
		}
		return audit(ctx, q, by, change{t.Tenant, "token.revoke", id.String(), before, t})
	})
	if err != nil {
		return t, fmt.Errorf("revoke token %s: %w", id, err)
	}
	return t, nil
}

// Reasons why a token cannot be rotated.
var (
	ErrEnded   = errors.New("the token is revoked or has expired")
	ErrRotated = errors.New("another token has taken its place already")
)

// Rotate stores a token in place of another, which stays valid for an overlap. The new
// token has the powers of the old one. It is valid from now on for as long as the old one
// was to be.
func (ts *Tokens) Rotate(ctx context.Context, by Author, id, next uuid.UUID, hash [32]byte, overlap time.Duration) (t Token, err error) {
	err = ts.inTx(ctx, func(q *query.Queries) error {
		before, err := lockToken(ctx, q, id)
		if err != nil {
			return err
		}
		now := time.Now()
		if before.Ended(now) {
			return ErrEnded
		}
		if rotated, err := q.WasRotated(ctx, id); err != nil || rotated {
			return orDefault(err, ErrRotated)
		}
		t = before
		t.ID, t.RotatedFrom, t.UsedAt = next, &id, nil
		if before.ExpiresAt != nil {
			ends := now.Add(before.ExpiresAt.Sub(before.CreatedAt))
			t.ExpiresAt = &ends
		}
		if err := put(ctx, q, &t, hash); err != nil {
			return err
		}
		if overlap > 0 {
			err = q.ExpireToken(ctx, overlap.Seconds(), id)
		} else {
			err = q.RevokeToken(ctx, id)
		}
		if err != nil {
			return err
		}
		return audit(ctx, q, by, change{t.Tenant, "token.rotate", id.String(), before, t})
	})
	if err != nil {
		return t, fmt.Errorf("rotate token %s: %w", id, err)
	}
	return t, nil
}

// DropEnded deletes up to most tokens that were revoked or expired at least so long ago. It
// returns how many it deleted.
func (ts *Tokens) DropEnded(ctx context.Context, age time.Duration, most int) (int64, error) {
	n, err := ts.query.DropEndedTokens(ctx, age.Seconds(), int32(most))
	if err != nil {
		return 0, fmt.Errorf("delete tokens that have ended: %w", err)
	}
	return n, nil
}

func lockToken(ctx context.Context, q *query.Queries, id uuid.UUID) (Token, error) {
	r, err := q.LockToken(ctx, id)
	if noRows(err) {
		return Token{}, ErrNotFound
	}
	return Token(r), err
}
