package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Hooks are the webhooks of git hosts, with their deliveries.
type Hooks struct{ *store }

// Hook is a webhook. Its secrets are sealed.
type Hook struct {
	ID            string // part of its address; nobody can guess it
	Tenant        string
	Name          string // no two valid hooks of a tenant have the same
	Provider      string
	Secret        []byte     // sealed
	Previous      []byte     // sealed; the secret before a rotation; nil: none
	PreviousUntil *time.Time // when Previous no longer counts
	Allowed       []string   // hosts and owners that a payload may name
	Scopes        []string   // what deliveries may do
	Refs          []string   // globs of refs to take up, beside the tracked refs
	CreatedAt     time.Time
	RevokedAt     *time.Time // nil: it is not
	Refused       int64      // deliveries without a valid signature, counted once a second
	RefusedAt     *time.Time // the last of them
}

// hookChange is the audit log's description of a hook. It leaves out the address: readers
// of the log need not be able to send to it.
type hookChange struct {
	Name          string     `json:"name"`
	Provider      string     `json:"provider"`
	Allowed       []string   `json:"allowed"`
	Scopes        []string   `json:"scopes"`
	Refs          []string   `json:"refs"`
	PreviousUntil *time.Time `json:"previous_until,omitempty"`
	RevokedAt     *time.Time `json:"revoked_at,omitempty"`
}

func auditedHook(h Hook) hookChange {
	return hookChange{h.Name, h.Provider, h.Allowed, h.Scopes, h.Refs, h.PreviousUntil, h.RevokedAt}
}

// ErrHookName says that another hook of the tenant has the name.
var ErrHookName = errors.New("another hook of the tenant has this name")

// Create stores a hook. It returns ErrNotFound if there is no such tenant, and
// ErrHookName if the name is taken.
func (hs *Hooks) Create(ctx context.Context, by Author, h Hook) (Hook, error) {
	err := hs.inTx(ctx, func(q *query.Queries) (err error) {
		if _, err := q.LoadTenant(ctx, h.Tenant); noRows(err) {
			return fmt.Errorf("tenant %s: %w", h.Tenant, ErrNotFound)
		} else if err != nil {
			return err
		}
		h.CreatedAt, err = q.PutHook(ctx, query.PutHookParams{
			ID: h.ID, Tenant: h.Tenant, Name: h.Name, Provider: h.Provider, Secret: h.Secret,
			Allowed: orEmpty(h.Allowed), Scopes: orEmpty(h.Scopes), Refs: orEmpty(h.Refs),
		})
		if err != nil {
			return err
		}
		return audit(ctx, q, by, change{h.Tenant, "hook.create", h.Name, nil, auditedHook(h)})
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == uniqueViolation && pg.ConstraintName == "hooks_name" {
		err = ErrHookName
	}
	if err != nil {
		return h, fmt.Errorf("create hook %s: %w", h.Name, err)
	}
	return h, nil
}

// Load returns a hook of any tenant by the id in its address.
func (hs *Hooks) Load(ctx context.Context, id string) (Hook, error) {
	r, err := hs.query.LoadHook(ctx, id)
	return hookOf(r, err)
}

// Find returns a tenant's hook by its id, or by its name if it is not revoked.
func (hs *Hooks) Find(ctx context.Context, tenant, hook string) (Hook, error) {
	r, err := hs.query.FindHook(ctx, tenant, hook)
	return hookOf(r, err)
}

func hookOf(r query.Hook, err error) (Hook, error) {
	if noRows(err) {
		return Hook{}, fmt.Errorf("hook: %w", ErrNotFound)
	}
	if err != nil {
		return Hook{}, fmt.Errorf("load a hook: %w", err)
	}
	return Hook(r), nil
}

// List lists up to most hooks of a tenant, oldest first, after a hook. The zero Hook
// stands before all.
func (hs *Hooks) List(ctx context.Context, tenant string, after Hook, most int) ([]Hook, error) {
	rows, err := hs.query.ListHooks(ctx, query.ListHooksParams{Tenant: tenant, AfterAt: after.CreatedAt, After: after.ID, Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("list hooks of tenant %s: %w", tenant, err)
	}
	hooks := make([]Hook, len(rows))
	for i, r := range rows {
		hooks[i] = Hook(r)
	}
	return hooks, nil
}

// ErrHookRevoked says that a hook is revoked.
var ErrHookRevoked = errors.New("the hook is revoked")

// Rotate gives a hook another sealed secret. The old one counts for an overlap.
func (hs *Hooks) Rotate(ctx context.Context, by Author, tenant, hook string, secret []byte, overlap time.Duration) (Hook, error) {
	return hs.change(ctx, by, "hook.rotate", tenant, hook, func(q *query.Queries, h Hook) error {
		if h.RevokedAt != nil {
			return ErrHookRevoked
		}
		return q.RotateHook(ctx, secret, overlap.Seconds(), h.ID)
	})
}

// Revoke ends a hook. Its deliveries stay. A hook that is revoked already stays as it is.
func (hs *Hooks) Revoke(ctx context.Context, by Author, tenant, hook string) (Hook, error) {
	return hs.change(ctx, by, "hook.revoke", tenant, hook, func(q *query.Queries, h Hook) error { return q.RevokeHook(ctx, h.ID) })
}

func (hs *Hooks) change(ctx context.Context, by Author, action, tenant, hook string, fn func(*query.Queries, Hook) error) (h Hook, err error) {
	err = hs.inTx(ctx, func(q *query.Queries) error {
		before, err := q.LockHook(ctx, tenant, hook)
		if noRows(err) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := fn(q, Hook(before)); err != nil {
			return err
		}
		if h, err = hookOf(q.LoadHook(ctx, before.ID)); err != nil || before.RevokedAt != nil {
			return err
		}
		return audit(ctx, q, by, change{tenant, action, h.Name, auditedHook(Hook(before)), auditedHook(h)})
	})
	if err != nil {
		return h, fmt.Errorf("%s: %w", action, err)
	}
	return h, nil
}

// CountRefused counts a delivery without a valid signature, at most one a second.
func (hs *Hooks) CountRefused(ctx context.Context, id string) error {
	if err := hs.query.CountRefusedDelivery(ctx, id); err != nil {
		return fmt.Errorf("count a refused delivery: %w", err)
	}
	return nil
}
