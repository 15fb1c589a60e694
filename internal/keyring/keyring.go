// Package keyring finds the keys that seal packs. The catalog holds them wrapped; the key that
// unwraps them is not in the catalog. The package makes the installation's first key.
//
// It owns how keys are wrapped, and how soon a process notices a change: within seconds, whatever
// it does. It keeps no key on disk, and no error shows one.
package keyring

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Fresh is the longest time for which a process goes without looking at the catalog's keys. Within
// that time it seals with a new key, and stops reading with a destroyed one.
const Fresh = 3 * time.Second

// Rows are the keys of the catalog, as [catalog.Keys] gives them.
type Rows interface {
	Active(ctx context.Context, domain string) (catalog.PackKey, error)
	Load(ctx context.Context, id string) (catalog.PackKey, error)
	Begin(ctx context.Context, k catalog.PackKey) error
}

// Keyring is a [blob.Sealer]. Its methods may be called by any number of goroutines.
type Keyring struct {
	ring *seal.Ring   // keys that have sealed packs themselves; nil: none
	wrap seal.Wrapper // nil: nothing can be wrapped
	rows Rows         // nil: only keys of the ring can be used

	mu     sync.Mutex
	newest map[string]entry // by domain
	keys   map[string]entry // by id
	now    func() time.Time
}

// lookup bounds a question to the catalog, and one to a key service.
const lookup = 15 * time.Second

// entry is a key, and the time at which the catalog was asked for it. A nil key means that packs
// are not sealed.
type entry struct {
	key     *seal.PackKey
	wrapped []byte // as it was in the catalog
	at      time.Time
}

// New returns a keyring whose keys a ring wraps. Without a ring no pack is sealed, and no sealed
// pack can be read.
func New(ring *seal.Ring) *Keyring {
	if ring == nil {
		return NewWith(nil, nil)
	}
	return NewWith(ring, ring)
}

// NewWith returns a keyring whose keys a key service wraps. The ring, which may be nil, only opens
// packs that its own keys have sealed.
func NewWith(wrap seal.Wrapper, ring *seal.Ring) *Keyring {
	return &Keyring{ring: ring, wrap: wrap, newest: make(map[string]entry), keys: make(map[string]entry), now: time.Now}
}

// Use gives the keyring the keys of a catalog. Call it before any other method.
func (k *Keyring) Use(rows Rows) { k.rows = rows }

var errUnset = fmt.Errorf("%w: set LEAT_PACK_KEY or --pack-key-file (LEAT_PACK_KEY_FILE) to the key of the other workers", blob.ErrSealed)

// Newest is [blob.Sealer.Newest].
func (k *Keyring) Newest(ctx context.Context, domain string) (blob.Key, error) {
	k.mu.Lock()
	known, ok := k.newest[domain]
	k.mu.Unlock()
	if !ok || k.now().Sub(known.at) > Fresh {
		var err error
		if known, err = k.find(ctx, domain); err != nil {
			return nil, err
		}
		k.mu.Lock()
		k.newest[domain] = known
		k.mu.Unlock()
	}
	if known.key == nil {
		return nil, nil // not an interface that holds a nil pointer
	}
	return known.key, nil
}

// find asks the catalog for the key that seals. The installation's first one is made here.
func (k *Keyring) find(ctx context.Context, domain string) (entry, error) {
	ctx, cancel := context.WithTimeout(ctx, lookup)
	defer cancel()
	if k.rows == nil {
		return entry{}, fault.Retry(errors.New("the catalog, which holds the key that seals packs, is not open"))
	}
	row, err := k.rows.Active(ctx, domain)
	if errors.Is(err, catalog.ErrNotFound) && domain == "" {
		if k.wrap == nil {
			return entry{at: k.now()}, nil
		}
		row, err = k.begin(ctx)
	}
	switch {
	case errors.Is(err, catalog.ErrNotFound):
		return entry{}, fmt.Errorf("%w: key domain %s has no key", blob.ErrDestroyed, domain)
	case err != nil:
		return entry{}, err
	}
	return k.keep(ctx, row)
}

// begin makes the installation's first key, unless another process makes one at the same time.
func (k *Keyring) begin(ctx context.Context) (catalog.PackKey, error) {
	row, err := k.Make(ctx, "")
	if err != nil {
		return row, err
	}
	if err := k.rows.Begin(ctx, row); err != nil {
		return row, err
	}
	return k.rows.Active(ctx, "")
}

// Key is [blob.Sealer.Key].
func (k *Keyring) Key(ctx context.Context, id string) (blob.Key, error) {
	k.mu.Lock()
	known, ok := k.keys[id]
	k.mu.Unlock()
	if ok && k.now().Sub(known.at) <= Fresh {
		return known.key, nil
	}
	if k.ring != nil {
		if direct := k.ring.Direct(id); direct != nil {
			return direct, nil
		}
	}
	return k.load(ctx, id)
}

func (k *Keyring) load(ctx context.Context, id string) (blob.Key, error) {
	ctx, cancel := context.WithTimeout(ctx, lookup)
	defer cancel()
	if k.rows == nil {
		return nil, errUnset
	}
	row, err := k.rows.Load(ctx, id)
	if errors.Is(err, catalog.ErrNotFound) {
		return nil, fmt.Errorf("%w: neither the catalog nor the key ring has key %q", blob.ErrSealed, id)
	}
	if err != nil {
		return nil, err
	}
	kept, err := k.keep(ctx, row)
	if err != nil {
		return nil, err
	}
	return kept.key, nil
}

// keep returns the key of a row, and keeps it. It unwraps the key only if the row has changed,
// because a key service may be away for a while. A destroyed key is not kept.
func (k *Keyring) keep(ctx context.Context, row catalog.PackKey) (entry, error) {
	k.mu.Lock()
	kept, ok := k.keys[row.ID]
	if row.State == catalog.KeyDestroyed {
		delete(k.keys, row.ID)
		ok = false
	}
	k.mu.Unlock()
	if !ok || !bytes.Equal(kept.wrapped, row.Wrapped) {
		key, err := k.unwrap(ctx, row)
		if err != nil {
			return entry{}, err
		}
		kept = entry{key: key, wrapped: row.Wrapped}
	}
	kept.at = k.now()
	k.mu.Lock()
	k.keys[row.ID] = kept
	k.mu.Unlock()
	return kept, nil
}

// Drop forgets destroyed keys. Other processes do so when they next look at the catalog.
func (k *Keyring) Drop(ids ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, id := range ids {
		delete(k.keys, id)
		for domain, e := range k.newest {
			if e.key != nil && e.key.ID() == id {
				delete(k.newest, domain)
			}
		}
	}
}

// purpose binds a wrapped key to its row, so that it is of no use in another.
func purpose(id, domain string) string { return "pack key\n" + id + "\n" + domain }

func (k *Keyring) unwrap(ctx context.Context, row catalog.PackKey) (*seal.PackKey, error) {
	if row.State == catalog.KeyDestroyed {
		return nil, fmt.Errorf("%w: key %s", blob.ErrDestroyed, row.ID)
	}
	if k.wrap == nil {
		return nil, errUnset
	}
	raw, err := k.wrap.Unwrap(ctx, row.Wrapped, row.WrappedBy, purpose(row.ID, row.Domain))
	if errors.Is(err, seal.ErrNoWrapper) {
		return nil, fmt.Errorf("%w: key %s: %w", blob.ErrSealed, row.ID, err)
	}
	if err != nil {
		return nil, fault.Retry(fmt.Errorf("unwrap key %s of packs: %w", row.ID, err))
	}
	return seal.NewPackKey(row.ID, row.Domain, raw)
}

// Make makes a key for a domain and wraps it. The caller records it.
func (k *Keyring) Make(ctx context.Context, domain string) (catalog.PackKey, error) {
	if k.wrap == nil {
		return catalog.PackKey{}, errUnset
	}
	id, raw := seal.RandomPackKey()
	wrapped, by, err := k.wrap.Wrap(ctx, raw, purpose(id, domain))
	if err != nil {
		return catalog.PackKey{}, fmt.Errorf("wrap a key of packs: %w", err)
	}
	return catalog.PackKey{ID: id, Domain: domain, State: catalog.KeyActive, Wrapped: wrapped, WrappedBy: by}, nil
}

// Rewrap wraps a key with the newest wrapping key. changed is false if that key had wrapped it
// already.
func (k *Keyring) Rewrap(ctx context.Context, row catalog.PackKey) (again catalog.PackKey, changed bool, err error) {
	if k.wrap == nil {
		return row, false, errUnset
	}
	newest, err := k.wrap.Newest(ctx)
	if err != nil || row.WrappedBy == newest || row.State == catalog.KeyDestroyed {
		return row, false, err
	}
	raw, err := k.wrap.Unwrap(ctx, row.Wrapped, row.WrappedBy, purpose(row.ID, row.Domain))
	if err != nil {
		return row, false, fmt.Errorf("unwrap key %s of packs: %w", row.ID, err)
	}
	if row.Wrapped, row.WrappedBy, err = k.wrap.Wrap(ctx, raw, purpose(row.ID, row.Domain)); err != nil {
		return row, false, fmt.Errorf("wrap key %s of packs: %w", row.ID, err)
	}
	return row, true, nil
}

// Opens says whether this process can use a key.
func (k *Keyring) Opens(ctx context.Context, row catalog.PackKey) bool {
	_, err := k.unwrap(ctx, row)
	return err == nil
}

// Direct says whether the ring has a key of this id that seals packs itself and is not in the
// catalog.
func (k *Keyring) Direct(id string) bool { return k.ring != nil && k.ring.Direct(id) != nil }
