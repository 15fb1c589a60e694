package service

import (
	"context"
	"errors"

	"github.com/leatworks/leat/pipeline/catalog"
)

// CreateKeyRequest asks for a tenant's own key.
type CreateKeyRequest struct {
	Tenant string
	Reach  []string // globs of repositories that may be seen; must be empty
}

// CreateKey gives a tenant a key of its own. All content that is read for the tenant from now on is
// sealed with this key alone, and is not shared with other tenants. leat reads the tenant's
// repositories again by itself.
func (s *Service) CreateKey(ctx context.Context, r CreateKeyRequest) (k PackKey, err error) {
	defer mark(&err)
	if err := s.checkWhole(ctx, r.Tenant, r.Reach); err != nil {
		return k, err
	}
	made, err := s.stores.Catalog.Keys.Create(ctx, author(ctx), r.Tenant, func(domain string) (catalog.PackKey, error) {
		k, err := s.stores.Keys.Make(ctx, domain)
		if err != nil {
			return k, &Error{Kind: Refused, Err: err}
		}
		return k, nil
	})
	switch {
	case isNotFound(err):
		return k, noTenant(r.Tenant)
	case errors.Is(err, catalog.ErrExists):
		return k, &Error{Kind: Refused, Field: FieldTenant, Value: r.Tenant, Reason: "the tenant already has a key of its own: rotate it, or destroy it"}
	}
	return PackKey{Key: made.ID, State: KeySeals, Tenant: r.Tenant, Domain: made.Domain, WrappedBy: made.WrappedBy}, taken(err)
}

// DestroyKeyRequest asks for the keys of a tenant to be destroyed.
type DestroyKeyRequest struct {
	Tenant  string
	Confirm string   // must be the tenant's name
	Reach   []string // globs of repositories that may be seen; must be empty
}

// DestroyedKeys is the result of a destruction.
type DestroyedKeys struct {
	Keys      []string `json:"keys" nullable:"false" doc:"Ids of the destroyed keys."`
	Documents int64    `json:"documents" doc:"Number of documents that nobody can read any more."`
}

// shredPage is the number of documents that one statement marks.
const shredPage = 1000

// DestroyKey destroys a tenant's own keys. After that nobody can read its texts and vectors,
// neither in packs nor in any copy of them. Its documents are skipped, their points deleted, and
// their packs collected as garbage. Earlier backups of the catalog still hold the wrapped keys.
func (s *Service) DestroyKey(ctx context.Context, r DestroyKeyRequest) (done DestroyedKeys, err error) {
	defer mark(&err)
	if err := s.checkWhole(ctx, r.Tenant, r.Reach); err != nil {
		return done, err
	}
	if r.Confirm != r.Tenant {
		return done, &Error{Kind: Invalid, Field: FieldName, Value: r.Confirm, Reason: "confirm with the name of the tenant: nothing brings its texts back"}
	}
	if _, err := s.ownDomain(ctx, r.Tenant); err != nil {
		return done, err
	}
	if done.Keys, err = s.stores.Catalog.Keys.Destroy(ctx, author(ctx), r.Tenant); err != nil {
		return done, err
	}
	s.stores.Keys.Drop(done.Keys...)
	for {
		ids, err := s.stores.Catalog.Packs.Shred(ctx, shredPage)
		done.Documents += int64(len(ids))
		if err != nil || len(ids) == 0 {
			return done, err // the collector marks the rest
		}
	}
}
