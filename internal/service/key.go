package service

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Keys of packs belong to the installation. No tenant's token may see or change one, not even the
// key of its own domain.

// The states of a key that people see.
const (
	KeySeals     = "seals"     // it seals new packs of its domain
	KeyOpens     = "opens"     // it opens packs that it has sealed before
	KeyMissing   = "missing"   // this process lacks the key that wraps it
	KeyDestroyed = "destroyed" // it was destroyed for good
	KeyOpen      = "open"      // no key: stands for the packs that are not sealed
)

// PackKey is a key of packs with the amount that it has sealed.
type PackKey struct {
	Key       string     `json:"key" doc:"Id, eight hex digits. Empty: stands for the packs that are not sealed."`
	State     string     `json:"state" enum:"seals,opens,missing,destroyed,open" doc:"missing: the answering process cannot use it."`
	Tenant    string     `json:"tenant" doc:"Tenant whose key it is. Empty: the installation."`
	Domain    string     `json:"domain" doc:"Its key domain. Empty: the installation's."`
	WrappedBy string     `json:"wrapped_by" doc:"Id of the key that wraps it. Empty: it is not in the catalog but is itself one of the wrapping keys."`
	Created   *time.Time `json:"created,omitempty"`
	Destroyed *time.Time `json:"destroyed,omitempty"`
	Packs     int64      `json:"packs"`
	Bytes     int64      `json:"bytes"`
}

// KeysAnswer lists the keys of packs, oldest first.
type KeysAnswer struct {
	Keys []PackKey `json:"keys" nullable:"false"`
}

// Keys lists the keys of packs, and how much each has sealed. It counts packs by their names.
func (s *Service) Keys(ctx context.Context) (a KeysAnswer, err error) {
	defer mark(&err)
	a.Keys = []PackKey{}
	if err := s.whole(ctx, store.Postgres); err != nil {
		return a, err
	}
	uses, err := s.stores.Catalog.Keys.Uses(ctx)
	if err != nil {
		return a, err
	}
	rows, err := s.stores.Catalog.Keys.List(ctx)
	if err != nil {
		return a, err
	}
	for _, row := range rows {
		k := PackKey{
			Key: row.ID, State: s.keyState(ctx, row), Tenant: row.Tenant, Domain: row.Domain, WrappedBy: row.WrappedBy,
			Created: &row.CreatedAt, Destroyed: row.DestroyedAt, Packs: uses[row.ID].Packs, Bytes: uses[row.ID].Bytes,
		}
		delete(uses, row.ID)
		a.Keys = append(a.Keys, k)
	}
	var others []PackKey
	for id, use := range uses {
		k := PackKey{Key: id, State: KeyMissing, Packs: use.Packs, Bytes: use.Bytes}
		switch {
		case id == "":
			k.State = KeyOpen
		case s.stores.Keys.Direct(id):
			k.State = KeyOpens
		}
		others = append(others, k)
	}
	slices.SortFunc(others, func(a, b PackKey) int { return cmp.Compare(a.Key, b.Key) })
	a.Keys = append(others, a.Keys...)
	return a, nil
}

func (s *Service) keyState(ctx context.Context, row catalog.PackKey) string {
	switch {
	case row.State == catalog.KeyDestroyed:
		return KeyDestroyed
	case !s.stores.Keys.Opens(ctx, row):
		return KeyMissing
	case row.State == catalog.KeyActive:
		return KeySeals
	}
	return KeyOpens
}

// RotateKeyRequest asks for a new key.
type RotateKeyRequest struct {
	// Wrapping asks to wrap all keys with the newest wrapping key. Default: a new key seals packs
	// from now on.
	Wrapping bool
	Tenant   string   // tenant whose key it is; "": the installation
	Reach    []string // globs of repositories that may be seen; must be empty
}

// RotatedKey is the result of a rotation.
type RotatedKey struct {
	Key     string `json:"key" doc:"The new key of packs. Empty: keys were wrapped again."`
	Wrapped int    `json:"wrapped" doc:"Number of keys that this wrapped with the newest wrapping key."`
}

// RotateKey makes a new key for packs. All workers seal with it within seconds, and the collector
// writes packs of the old key again. Or it wraps all keys with the newest wrapping key, after which
// the old wrapping key can be removed. Nothing has to stop.
func (s *Service) RotateKey(ctx context.Context, r RotateKeyRequest) (done RotatedKey, err error) {
	defer mark(&err)
	if err := everything(ctx, r.Reach); err != nil {
		return done, err
	}
	if err := s.need(store.Postgres); err != nil {
		return done, err
	}
	if r.Wrapping {
		done.Wrapped, err = s.wrapKeys(ctx)
		return done, err
	}
	domain := ""
	if r.Tenant != "" {
		own, err := s.ownDomain(ctx, r.Tenant)
		if err != nil {
			return done, err
		}
		domain = own
	}
	k, err := s.stores.Keys.Make(ctx, domain)
	if err != nil {
		return done, &Error{Kind: Refused, Err: err}
	}
	done.Key = k.ID
	return done, taken(s.stores.Catalog.Keys.Rotate(ctx, author(ctx), k, r.Tenant))
}

// ownDomain returns the key domain of a tenant that has one of its own.
func (s *Service) ownDomain(ctx context.Context, tenant string) (string, error) {
	if err := s.check(ctx, tenant, store.Postgres); err != nil {
		return "", err
	}
	domain, err := s.stores.Catalog.Keys.Domain(ctx, tenant)
	switch {
	case err != nil:
		return "", err
	case domain.Name == "":
		return "", &Error{Kind: Refused, Field: FieldTenant, Value: tenant, Reason: "the tenant has no key of its own: the installation's key seals its texts"}
	case domain.Destroyed:
		return "", &Error{Kind: Refused, Field: FieldTenant, Value: tenant, Reason: "the tenant's key was destroyed: create a new one"}
	}
	return domain.Name, nil
}

// taken says that a change was refused because of another.
func taken(err error) error {
	if errors.Is(err, catalog.ErrKeyTaken) {
		return &Error{Kind: Refused, Reason: catalog.ErrKeyTaken.Error()}
	}
	return err
}

func (s *Service) wrapKeys(ctx context.Context) (wrapped int, err error) {
	rows, err := s.stores.Catalog.Keys.List(ctx)
	if err != nil {
		return 0, err
	}
	for _, row := range rows {
		again, changed, err := s.stores.Keys.Rewrap(ctx, row)
		if err != nil {
			return wrapped, &Error{Kind: Refused, Err: err}
		}
		if !changed {
			continue
		}
		if err := s.stores.Catalog.Keys.Rewrap(ctx, author(ctx), again, row.WrappedBy); err != nil {
			return wrapped, err
		}
		wrapped++
	}
	return wrapped, nil
}
