package syncer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

// Report is what a comparison of the three stores found.
type Report struct {
	OK             bool  `json:"ok"`              // nothing is missing, stale, orphan or corrupt
	Documents      int64 `json:"documents"`       // indexed, by the catalog
	Chunks         int64 `json:"chunks"`          // of those documents
	Points         int64 `json:"points"`          // in the vector store
	MissingPoints  int64 `json:"missing_points"`  // a chunk of an indexed document has none
	StalePoints    int64 `json:"stale_points"`    // not of the document's revision, or of a document that is to have none
	OrphanPoints   int64 `json:"orphan_points"`   // of a document that the catalog does not know
	MissingObjects int64 `json:"missing_objects"` // packs in the catalog and not in S3
	OrphanObjects  int64 `json:"orphan_objects"`  // objects in S3 and not in the catalog
	RecentObjects  int64 `json:"recent_objects"`  // the same, but younger than the grace: no difference
	CorruptObjects int64 `json:"corrupt_objects"` // packs whose bytes are not those that were written
}

// Verifier compares the stores. It only reads.
type Verifier struct {
	Catalog    *catalog.Catalog
	Points     vector.Store
	Blobs      *blob.Store
	Generation catalog.Generation
	// Grace is how old a pack must be for the catalog to know it: a writer
	// puts the object, then records it. If it died in between, the collector
	// deletes the object. 0: a pack is to be known at once.
	Grace time.Duration
	// Found is called for each difference; nil: nobody is told.
	Found func(kind, what string)
}

const pageSize = 1000

// Scope is what a comparison or a digest covers: a tenant's repositories, or
// everything of every tenant if it names none.
type Scope struct {
	Tenant       string
	Repositories []uuid.UUID
}

// points lists the points in scope with their vectors, by id.
func (s Scope) points(ctx context.Context, store vector.Store, collection string) iter.Seq2[vector.Point, error] {
	if len(s.Repositories) == 0 {
		return store.ScrollAll(ctx, collection, true)
	}
	return store.Scroll(ctx, collection, vector.Filter{Tenant: s.Tenant, Repositories: s.Repositories}, true)
}

// Verify compares what is in scope, and all objects: they are shared by all
// repositories. Memory is bounded by the page size.
func (v *Verifier) Verify(ctx context.Context, scope Scope) (Report, error) {
	var r Report
	compare := v.comparison(scope)
	if err := v.points(ctx, compare, &r); err != nil {
		return r, err
	}
	if err := v.documents(ctx, compare, &r); err != nil {
		return r, err
	}
	if err := v.objects(ctx, &r); err != nil {
		return r, err
	}
	r.OK = r.MissingPoints+r.StalePoints+r.OrphanPoints+r.MissingObjects+r.OrphanObjects+r.CorruptObjects == 0
	return r, nil
}

func (v *Verifier) found(kind, format string, args ...any) {
	if v.Found != nil {
		v.Found(kind, fmt.Sprintf(format, args...))
	}
}

func (v *Verifier) comparison(scope Scope) comparison {
	return comparison{catalog: v.Catalog, points: v.Points, collection: v.Generation.Collection, repositories: scope.Repositories}
}

// points looks for points that should not be there.
func (v *Verifier) points(ctx context.Context, c comparison, r *Report) error {
	for page, err := range c.marks(ctx, uuid.Nil) {
		if err != nil {
			return err
		}
		r.Points += int64(len(page))
		wrong, err := c.misplacedAmong(ctx, page)
		if err != nil {
			return err
		}
		for _, m := range wrong {
			if m.orphan {
				r.OrphanPoints++
				v.found("orphan_point", "%s of document %s", m.ID, m.Document)
			} else {
				r.StalePoints++
				v.found("stale_point", "%s of document %s (%s)", m.ID, m.Document, m.Path)
			}
		}
	}
	return nil
}

// documents looks for chunks that have no point.
func (v *Verifier) documents(ctx context.Context, c comparison, r *Report) error {
	for page, err := range c.contents(ctx) {
		if err != nil {
			return err
		}
		for _, d := range page {
			if d.State == catalog.StateIndexed {
				r.Documents++
				r.Chunks += int64(d.Chunks)
			}
		}
		list, err := c.lackingAmong(ctx, page)
		if err != nil {
			return err
		}
		for _, d := range list {
			r.MissingPoints += int64(len(d.missing))
			for _, id := range d.missing {
				v.found("missing_point", "%s of document %s", id, d.ID)
			}
		}
	}
	return nil
}

// objects goes through the packs of the catalog and the objects of S3 side by
// side, both in the byte order of their keys, and reads every pack.
func (v *Verifier) objects(ctx context.Context, r *Report) error {
	packs := &packCursor{catalog: v.Catalog}
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
			v.absent(pack, r)
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
		v.absent(pack, r)
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

func (v *Verifier) absent(pack catalog.StoredPack, r *Report) {
	if !pack.Deleted {
		r.MissingObjects++
		v.found("missing_object", "%s", pack.Key)
	}
}

func (v *Verifier) check(ctx context.Context, pack catalog.Pack, r *Report) error {
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

type packCursor struct {
	catalog *catalog.Catalog
	page    []catalog.StoredPack
	after   string
	done    bool
}

func (c *packCursor) next(ctx context.Context) (catalog.StoredPack, bool, error) {
	if len(c.page) == 0 && !c.done {
		var err error
		if c.page, err = c.catalog.Packs.Stored(ctx, c.after, pageSize); err != nil {
			return catalog.StoredPack{}, false, err
		}
		c.done = len(c.page) < pageSize
	}
	if len(c.page) == 0 {
		return catalog.StoredPack{}, false, nil
	}
	p := c.page[0]
	c.page, c.after = c.page[1:], p.Key
	return p, true, nil
}
