package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Keys are the keys that seal packs. The catalog holds them wrapped, and cannot use them.
type Keys struct{ *store }

// KeyState is the state of a key of packs.
type KeyState string

// The states of a key. Each domain has at most one that is active.
const (
	KeyActive    KeyState = "active"    // it seals new packs
	KeyRetired   KeyState = "retired"   // it opens packs
	KeyDestroyed KeyState = "destroyed" // it is lost for good, on purpose
)

// PackKey is a key of packs.
type PackKey struct {
	ID          string // eight hex digits, as in the names of packs
	Domain      string // key domain; "": the installation
	Tenant      string // whose domain it is; "": the installation's. List alone fills it in
	State       KeyState
	Wrapped     []byte // nil: destroyed
	WrappedBy   string // id of the wrapping key
	CreatedAt   time.Time
	RetiredAt   *time.Time
	DestroyedAt *time.Time
}

// The actions of keys in the audit log.
const (
	ActionKeyRotate = "key.rotate"
	ActionKeyWrap   = "key.wrap"

	ActionKeyCreate  = "key.create"
	ActionKeyDestroy = "key.destroy"
)

// ErrKeyTaken says that somebody else changed the keys of a domain at the same time.
var ErrKeyTaken = errors.New("somebody else has changed the keys at the same time: look at them and try again")

// ErrKeyDestroyed says that a pack was sealed by a key that was destroyed meanwhile.
var ErrKeyDestroyed = errors.New("its key was destroyed")

// Active returns the key that seals new packs of a domain, or ErrNotFound.
func (ks *Keys) Active(ctx context.Context, domain string) (PackKey, error) {
	row, err := ks.query.ActivePackKey(ctx, domain)
	if noRows(err) {
		err = ErrNotFound
	}
	if err != nil {
		return PackKey{}, fmt.Errorf("look for the key of packs: %w", err)
	}
	return packKeyOf(query.LoadPackKeyRow(row)), nil
}

// Load returns a key, or ErrNotFound.
func (ks *Keys) Load(ctx context.Context, id string) (PackKey, error) {
	row, err := ks.query.LoadPackKey(ctx, id)
	if noRows(err) {
		err = ErrNotFound
	}
	if err != nil {
		return PackKey{}, fmt.Errorf("look for key %s of packs: %w", id, err)
	}
	return packKeyOf(row), nil
}

func packKeyOf(r query.LoadPackKeyRow) PackKey {
	return PackKey{
		ID: r.ID, Domain: r.Domain, State: KeyState(r.State), Wrapped: r.Wrapped, WrappedBy: r.WrappedBy,
		CreatedAt: r.CreatedAt, RetiredAt: r.RetiredAt, DestroyedAt: r.DestroyedAt,
	}
}

// List lists all keys, the oldest first.
func (ks *Keys) List(ctx context.Context) ([]PackKey, error) {
	rows, err := ks.query.ListPackKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list keys of packs: %w", err)
	}
	list := make([]PackKey, len(rows))
	for i, r := range rows {
		list[i] = PackKey{r.ID, r.Domain, r.Tenant, KeyState(r.State), r.Wrapped, r.WrappedBy, r.CreatedAt, r.RetiredAt, r.DestroyedAt}
	}
	return list, nil
}

// Begin records the first key of the installation. It does nothing if there is an active
// one by now.
func (ks *Keys) Begin(ctx context.Context, k PackKey) error {
	_, err := ks.query.AddPackKey(ctx, query.AddPackKeyParams{ID: k.ID, Wrapped: k.Wrapped, WrappedBy: k.WrappedBy})
	if err != nil {
		return fmt.Errorf("record the first key of packs: %w", err)
	}
	return nil
}

// Rotate makes k the active key of its domain, and records the change.
func (ks *Keys) Rotate(ctx context.Context, by Author, k PackKey, tenant string) error {
	err := ks.inTx(ctx, func(q *query.Queries) error {
		old, err := q.RetirePackKey(ctx, k.Domain)
		if err != nil {
			return err
		}
		c := change{Tenant: tenant, Action: ActionKeyRotate, Target: "packs", After: k.ID}
		if len(old) > 0 {
			c.Before = old[0]
		}
		return addKey(ctx, q, by, k, c)
	})
	if err != nil {
		return fmt.Errorf("rotate the key of packs: %w", err)
	}
	return nil
}

func addKey(ctx context.Context, q *query.Queries, by Author, k PackKey, c change) error {
	added, err := q.AddPackKey(ctx, query.AddPackKeyParams{ID: k.ID, Domain: k.Domain, Wrapped: k.Wrapped, WrappedBy: k.WrappedBy})
	if err == nil && added == 0 {
		err = ErrKeyTaken
	}
	if err != nil {
		return err
	}
	return audit(ctx, q, by, c)
}

// Rewrap records that a key is now wrapped by another wrapping key. was is the id of the
// previous wrapping key. A key that was destroyed or wrapped again meanwhile stays as it is.
func (ks *Keys) Rewrap(ctx context.Context, by Author, k PackKey, was string) error {
	err := ks.inTx(ctx, func(q *query.Queries) error {
		changed, err := q.RewrapPackKey(ctx, query.RewrapPackKeyParams{ID: k.ID, Wrapped: k.Wrapped, WrappedBy: k.WrappedBy, Was: was})
		if err != nil || changed == 0 {
			return err
		}
		return audit(ctx, q, by, change{Action: ActionKeyWrap, Target: k.ID, Before: was, After: k.WrappedBy})
	})
	if err != nil {
		return fmt.Errorf("wrap key %s of packs: %w", k.ID, err)
	}
	return nil
}

// KeyUse says how much a key has sealed.
type KeyUse struct{ Packs, Bytes int64 }

// Uses says how much each key has sealed, by its id; "" stands for packs that are not
// sealed. Keys that have sealed nothing are missing.
func (ks *Keys) Uses(ctx context.Context) (map[string]KeyUse, error) {
	rows, err := ks.query.SumPackKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("count packs by key: %w", err)
	}
	uses := make(map[string]KeyUse, len(rows))
	for _, r := range rows {
		uses[r.ID] = KeyUse{r.Packs, r.Bytes}
	}
	return uses, nil
}
