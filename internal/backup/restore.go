package backup

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

// Empty is a leat without content, whose workers do not run.
type Empty struct {
	Catalog *catalog.Catalog
	Blobs   *blob.Store
	Broker  *broker.Broker // nil: submissions that were not accepted are left out
	Points  vector.Store   // nil: points are left to the syncer
}

// RestoreRequest asks for the restore of a whole backup into empty stores.
type RestoreRequest struct {
	ID       string
	SignedBy string // the key that must have signed; "": any
	DryRun   bool   // check, but change nothing
	Tell     func(Progress)
}

// Restored is the result of a restore.
type Restored struct {
	Summary
	Copied  int64 `json:"copied"`  // packs that the bucket lacked
	Waiting int64 `json:"waiting"` // submissions that were not accepted
	Points  int64 `json:"points"`  // points of the backup that were written into the index
	DryRun  bool  `json:"dry_run"`
}

// ErrNotEmpty says that a store to be filled is not empty.
var ErrNotEmpty = errors.New("the store is not empty: a whole backup can only be restored into empty stores")

// Restore fills empty stores with a backup. It writes the catalog last, in one transaction. A
// restore that was cut short can be started again, and copies no pack twice.
func (v *Vault) Restore(ctx context.Context, e Empty, r RestoreRequest) (Restored, error) {
	c, err := v.Choose(ctx, r.ID, r.SignedBy)
	if err != nil {
		return Restored{}, err
	}
	return c.Restore(ctx, e, r)
}

// Chosen is a backup that may be restored. Its content tells which stores the restore needs.
type Chosen struct {
	*Vault
	m Manifest
}

// Choose finds a backup by its id or the beginning of its id; "" means the newest. It refuses one
// that may not be restored.
func (v *Vault) Choose(ctx context.Context, id, signedBy string) (Chosen, error) {
	m, err := v.restorable(ctx, id, signedBy)
	return Chosen{v, m}, err
}

// Points is the number of points that the backup holds.
func (c Chosen) Points() int64 {
	if c.m.Points == nil {
		return 0
	}
	return c.m.Points.Rows
}

// Restore does the same as [Vault.Restore], but ignores the request's ID and SignedBy, which Choose
// has heeded.
func (c Chosen) Restore(ctx context.Context, e Empty, r RestoreRequest) (done Restored, err error) {
	if r.Tell == nil {
		r.Tell = func(Progress) {}
	}
	v, m := c.Vault, c.m
	done = Restored{Summary: m.summary(), Waiting: m.Intake.Rows, DryRun: r.DryRun}
	if err := e.Catalog.Archive.Empty(ctx); err != nil {
		return done, errors.Join(ErrNotEmpty, err)
	}
	if e.Points != nil {
		done.Points = c.Points()
	}
	if done.Copied, err = v.restorePacks(ctx, e.Blobs, m, r); err != nil || r.DryRun {
		return done, err
	}
	if done.Points > 0 {
		r.Tell(Progress{Step: "points"})
		if done.Points, err = v.restorePoints(ctx, e.Points, m); err != nil {
			return done, err
		}
	}
	if e.Broker == nil {
		done.Waiting = 0
	} else if err := v.submit(ctx, m, e.Broker); err != nil {
		return done, err
	}
	r.Tell(Progress{Step: "tables"})
	return done, e.Catalog.Archive.Load(ctx, v.fill(m))
}

// restorable finds a backup that may be restored. signedBy, unless it is "", must have signed it.
// An encrypted backup needs an identity.
func (v *Vault) restorable(ctx context.Context, id, signedBy string) (Manifest, error) {
	m, err := v.find(ctx, id)
	switch {
	case err != nil:
		return m, err
	case signedBy != "" && signedBy != m.Origin:
		return m, fmt.Errorf("backup %s: %w: %s", m.ID, ErrSigner, m.Origin)
	case len(m.Encrypted) > 0 && len(v.crypt.identities) == 0:
		return m, ErrNoIdentity
	}
	return m, nil
}

// restorePacks copies the packs that the bucket lacks, and refuses a bucket with
// objects that the backup does not name.
func (v *Vault) restorePacks(ctx context.Context, to *blob.Store, m Manifest, r RestoreRequest) (int64, error) {
	if err := v.onlyOurs(ctx, to, m); err != nil {
		return 0, err
	}
	var looked, copied, written atomic.Int64
	var tell sync.Mutex
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(copiers)
	for pair, err := range v.has(running, m) {
		if err == nil && pair.held == nil {
			err = fmt.Errorf("pack %s: %w", pair.Key, ErrMissing)
		}
		if err != nil {
			return copied.Load(), errors.Join(group.Wait(), err)
		}
		group.Go(func() error {
			n, err := v.restorePack(running, to, m, pair.Pack, *pair.held, r.DryRun)
			if err != nil {
				return err
			}
			if looked.Add(1); n > 0 {
				copied.Add(1)
				written.Add(n)
			}
			tell.Lock()
			defer tell.Unlock()
			r.Tell(Progress{"packs", looked.Load(), m.Packs.Rows, written.Load()})
			return nil
		})
	}
	err := group.Wait()
	return copied.Load(), err
}

// onlyOurs compares the listing of a bucket with the list of packs.
func (v *Vault) onlyOurs(ctx context.Context, to *blob.Store, m Manifest) error {
	next, stop := iter.Pull2(v.packs(ctx, m))
	defer stop()
	list := cursor{next: next}
	for entry, err := range to.List(ctx, "") {
		if err != nil {
			return err
		}
		named, err := list.names(entry.Key)
		if err != nil {
			return err
		}
		if !named {
			return fmt.Errorf("%w: S3 holds %.100q, which does not belong to this backup", ErrNotEmpty, entry.Key)
		}
	}
	return nil
}

// restorePack copies a pack unless S3 has it already, and returns how many bytes it
// copied.
func (v *Vault) restorePack(ctx context.Context, to *blob.Store, m Manifest, p Pack, held stored, dryRun bool) (int64, error) {
	object, err := p.object()
	if err != nil {
		return 0, err
	}
	err = persist(ctx, func() error { return to.Check(ctx, object) })
	if err == nil || !blob.IsDamage(err) {
		return 0, err
	}
	if dryRun {
		return p.Size, nil
	}
	body, err := v.openPack(ctx, p, held, len(m.Encrypted) > 0)
	if err != nil {
		return 0, err
	}
	return p.Size, persist(ctx, func() error { return to.PutWhole(ctx, object, body) })
}
