package verify

import (
	"context"
	"errors"
	"time"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
)

// objects goes through the packs of the catalog and the objects of S3 side by
// side, both in the byte order of their keys, and reads every pack.
func (v *Verifier) objects(ctx context.Context, r *Report) error {
	packs := &packCursor{packs: v.Packs}
	before := time.Now().Add(-v.Grace)
	pack, more, err := packs.next(ctx)
	if err != nil {
		return err
	}
	for object, err := range v.Blobs.List(ctx, "") {
		if err != nil {
			return err
		}
		for more && pack.Key < object.Key {
			v.absent(ctx, pack, r)
			if pack, more, err = packs.next(ctx); err != nil {
				return err
			}
		}
		if !more || pack.Key != object.Key {
			v.unknown(object, before, r)
			continue
		}
		if !pack.Deleted { // else it is about to go
			if err := v.check(ctx, pack.Pack, r); err != nil {
				return err
			}
		}
		if pack, more, err = packs.next(ctx); err != nil {
			return err
		}
	}
	for ; more && err == nil; pack, more, err = packs.next(ctx) {
		v.absent(ctx, pack, r)
	}
	return err
}

// unknown counts an object that no pack names.
func (v *Verifier) unknown(object blob.Entry, before time.Time, r *Report) {
	if !object.Foreign && object.Modified.After(before) {
		r.RecentObjects++
		return
	}
	r.OrphanObjects++
	v.found("orphan_object", "%s", object.Key)
}

func (v *Verifier) absent(ctx context.Context, pack catalog.StoredPack, r *Report) {
	switch {
	case pack.Deleted:
	case v.destroyed(ctx, pack.Key):
		r.DestroyedObjects++
	default:
		r.MissingObjects++
		v.found("missing_object", "%s", pack.Key)
	}
}

// destroyed says whether the key of a pack was destroyed on purpose. Otherwise the key does
// not matter: bytes are compared as they are stored.
func (v *Verifier) destroyed(ctx context.Context, key string) bool {
	_, err := v.Blobs.Domain(ctx, key)
	return errors.Is(err, blob.ErrDestroyed)
}

func (v *Verifier) check(ctx context.Context, pack catalog.Pack, r *Report) error {
	if v.destroyed(ctx, pack.Key) {
		r.DestroyedObjects++
		return nil
	}
	err := v.Blobs.Check(ctx, blob.Object(pack))
	switch {
	case errors.Is(err, blob.ErrCorrupt):
		r.CorruptObjects++
		v.found("corrupt_object", "%v", err)
	case errors.Is(err, blob.ErrMissing):
		r.MissingObjects++
		v.found("missing_object", "%s", pack.Key)
	default:
		return err
	}
	return nil
}

// packPage is the number of packs that packCursor reads at a time.
const packPage = 1000

// packCursor goes through the catalog's packs by key.
type packCursor struct {
	packs *catalog.Packs
	page  []catalog.StoredPack
	after string
	done  bool
}

func (c *packCursor) next(ctx context.Context) (catalog.StoredPack, bool, error) {
	if len(c.page) == 0 && !c.done {
		var err error
		if c.page, err = c.packs.Stored(ctx, c.after, packPage); err != nil {
			return catalog.StoredPack{}, false, err
		}
		c.done = len(c.page) < packPage
	}
	if len(c.page) == 0 {
		return catalog.StoredPack{}, false, nil
	}
	p := c.page[0]
	c.page, c.after = c.page[1:], p.Key
	return p, true, nil
}
