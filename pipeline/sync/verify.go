package sync

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
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
	Points     *vector.Store
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

// points lists the points in scope, by id.
func (s Scope) points(ctx context.Context, store *vector.Store, collection string, withVectors bool) iter.Seq2[vector.Point, error] {
	if len(s.Repositories) == 0 {
		return store.ScrollAll(ctx, collection, withVectors)
	}
	return store.Scroll(ctx, collection, vector.Filter{Tenant: s.Tenant, Repositories: s.Repositories}, withVectors)
}

// Verify compares what is in scope, and all objects: they are shared by all
// repositories. Memory is bounded by the page size.
func (v *Verifier) Verify(ctx context.Context, scope Scope) (Report, error) {
	var r Report
	if err := v.points(ctx, scope, &r); err != nil {
		return r, err
	}
	if err := v.documents(ctx, scope.Repositories, &r); err != nil {
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

// points looks for points that should not be there.
func (v *Verifier) points(ctx context.Context, scope Scope, r *Report) error {
	var page []vector.Point
	for p, err := range scope.points(ctx, v.Points, v.Generation.Collection, false) {
		if err != nil {
			return err
		}
		r.Points++
		if page = append(page, p); len(page) == pageSize {
			if err := v.judge(ctx, page, r); err != nil {
				return err
			}
			page = page[:0]
		}
	}
	return v.judge(ctx, page, r)
}

func (v *Verifier) judge(ctx context.Context, page []vector.Point, r *Report) error {
	ids := make(map[uuid.UUID]bool)
	for _, p := range page {
		ids[p.Payload.Document] = true
	}
	docs := make(map[uuid.UUID]catalog.Content, len(ids))
	list, err := v.Catalog.ContentsOf(ctx, keysOf(ids))
	if err != nil {
		return err
	}
	for _, d := range list {
		docs[d.ID] = d
	}
	for _, p := range page {
		d, known := docs[p.Payload.Document]
		switch {
		case !known:
			r.OrphanPoints++
			v.found("orphan_point", "%s of document %s", p.ID, p.Payload.Document)
		case !expected(d, p):
			r.StalePoints++
			v.found("stale_point", "%s of document %s (%s)", p.ID, d.ID, p.Payload.Path)
		}
	}
	return nil
}

// expected says whether a point may be there. While a document is under way,
// its points of the revision before stay until the new ones are written.
func expected(d catalog.Content, p vector.Point) bool {
	switch d.State {
	case catalog.StateIndexed:
		return p.Payload.Revision == d.Revision && p.Payload.Blob == hex.EncodeToString(d.Blob[:]) && isChunk(d, p.ID)
	case catalog.StateSkipped, catalog.StateRemoved:
		return d.HasPoints
	}
	return true
}

func isChunk(d catalog.Content, id uuid.UUID) bool {
	for i := range d.Chunks {
		if events.PointID(d.ID, d.Blob, d.Chunker, i) == id {
			return true
		}
	}
	return false
}

// documents looks for chunks that have no point.
func (v *Verifier) documents(ctx context.Context, repositories []uuid.UUID, r *Report) error {
	after := uuid.Nil
	for {
		page, err := v.Catalog.Contents(ctx, repositories, after, pageSize)
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].ID
		var ids []uuid.UUID
		for _, d := range page {
			if d.State != catalog.StateIndexed {
				continue
			}
			r.Documents++
			r.Chunks += int64(d.Chunks)
			for i := range d.Chunks {
				ids = append(ids, events.PointID(d.ID, d.Blob, d.Chunker, i))
			}
		}
		missing, err := v.Points.Missing(ctx, v.Generation.Collection, ids)
		if err != nil {
			return err
		}
		r.MissingPoints += int64(len(missing))
		for _, id := range missing {
			v.found("missing_point", "%s", id)
		}
	}
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
		if c.page, err = c.catalog.StoredPacks(ctx, c.after, pageSize); err != nil {
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

func keysOf(set map[uuid.UUID]bool) []uuid.UUID {
	keys := make([]uuid.UUID, 0, len(set))
	for k := range set {
		keys = append(keys, k)
	}
	return keys
}
