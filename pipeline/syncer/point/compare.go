package point

import (
	"context"
	"encoding/hex"
	"iter"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

const pageSize = 1000

// Documents are the other side of the comparison, in pages by id. The catalog
// holds them.
type Documents interface {
	Contents(ctx context.Context, after uuid.UUID, most int) ([]catalog.Content, error)
	TrackContents(ctx context.Context, track, after uuid.UUID, most int) ([]catalog.Content, error)
	TrackIDs(ctx context.Context, repository uuid.UUID) ([]uuid.UUID, error)
	ContentsOf(ctx context.Context, ids []uuid.UUID) ([]catalog.Content, error)
	Requeue(ctx context.Context, docs []catalog.Current) (requeued int, err error)
}

// Comparison compares the points of one generation with the documents of the
// catalog, in some repositories or in all. Documents under way are no
// difference. Memory is bounded by the page size.
type Comparison struct {
	Documents    Documents
	Points       vector.Store
	Collection   string
	Repositories []uuid.UUID // none: all, and the points that are of no repository
	// Pace is told how many points have been or will be read, and may wait
	// before it returns; nil: no pause.
	Pace func(context.Context, int) error
}

// Misplaced is a point that should not be there.
type Misplaced struct {
	vector.Mark
	Orphan bool // of a document that the catalog does not know
}

// Lacking is an indexed document that lacks points.
type Lacking struct {
	catalog.Content
	Missing []uuid.UUID // the ids of its chunks without a point
}

func (c Comparison) wait(ctx context.Context, points int) error {
	if c.Pace == nil {
		return ctx.Err()
	}
	return c.Pace(ctx, points)
}

// Marks lists the points in pages, by id. The memory of a page is used again for the next
// one.
func (c Comparison) Marks(ctx context.Context, from uuid.UUID) iter.Seq2[[]vector.Mark, error] {
	return func(yield func([]vector.Mark, error) bool) {
		var page []vector.Mark
		for mark, err := range c.Points.Marks(ctx, c.Collection, c.Repositories, from) {
			if err != nil {
				yield(nil, err)
				return
			}
			if page = append(page, mark); len(page) < pageSize {
				continue
			}
			err := c.wait(ctx, len(page))
			if !yield(page, err) || err != nil {
				return
			}
			page = page[:0]
		}
		if len(page) > 0 {
			yield(page, c.wait(ctx, len(page)))
		}
	}
}

// Contents lists the documents in pages.
func (c Comparison) Contents(ctx context.Context) iter.Seq2[[]catalog.Content, error] {
	return func(yield func([]catalog.Content, error) bool) {
		if len(c.Repositories) == 0 {
			pagesOf(yield, func(after uuid.UUID) ([]catalog.Content, error) { return c.Documents.Contents(ctx, after, pageSize) })
			return
		}
		for _, repository := range c.Repositories {
			tracks, err := c.Documents.TrackIDs(ctx, repository)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, track := range tracks {
				if !pagesOf(yield, func(after uuid.UUID) ([]catalog.Content, error) {
					return c.Documents.TrackContents(ctx, track, after, pageSize)
				}) {
					return
				}
			}
		}
	}
}

// pagesOf yields page after page, and says whether there may be more to come.
func pagesOf(yield func([]catalog.Content, error) bool, read func(after uuid.UUID) ([]catalog.Content, error)) bool {
	for after := uuid.Nil; ; {
		page, err := read(after)
		if err != nil {
			yield(nil, err)
			return false
		}
		if len(page) == 0 {
			return true
		}
		if !yield(page, nil) {
			return false
		}
		after = page[len(page)-1].ID
	}
}

// Misplaced picks the points that should not be there. It reads each suspect again,
// and judges it again by the catalog's present state. The indexer deletes old points
// before it marks a document indexed, so an old point that is still there is not
// about to go. And a document that was unknown before may have come and written that
// very point.
func (c Comparison) Misplaced(ctx context.Context, marks []vector.Mark) ([]Misplaced, error) {
	suspects, err := c.judge(ctx, marks)
	if err != nil || len(suspects) == 0 {
		return nil, err
	}
	ids := make([]uuid.UUID, len(suspects))
	for i, s := range suspects {
		ids[i] = s.ID
	}
	if err := c.wait(ctx, len(ids)); err != nil {
		return nil, err
	}
	held, err := c.Points.Held(ctx, c.Collection, ids)
	if err != nil {
		return nil, err
	}
	return c.judge(ctx, held)
}

// judge compares points with the present state of their documents.
func (c Comparison) judge(ctx context.Context, marks []vector.Mark) (wrong []Misplaced, err error) {
	docs, err := c.documentsOf(ctx, marks)
	if err != nil {
		return nil, err
	}
	chunks := make(map[uuid.UUID]map[uuid.UUID]bool, len(docs))
	for _, m := range marks {
		d, known := docs[m.Document]
		if known && chunks[d.ID] == nil {
			chunks[d.ID] = chunksOf(d)
		}
		if !known || !expected(d, m, chunks[d.ID]) {
			wrong = append(wrong, Misplaced{m, !known})
		}
	}
	return wrong, nil
}

func (c Comparison) documentsOf(ctx context.Context, marks []vector.Mark) (map[uuid.UUID]catalog.Content, error) {
	docs := make(map[uuid.UUID]catalog.Content)
	for _, mark := range marks {
		docs[mark.Document] = catalog.Content{}
	}
	list, err := c.Documents.ContentsOf(ctx, keysOf(docs))
	if err != nil {
		return nil, err
	}
	clear(docs)
	for _, d := range list {
		docs[d.ID] = d
	}
	return docs, nil
}

// expected says whether a document with these chunks may have a point. While a
// document is under way, the points of its last revision stay until the new ones are
// written. A sleeping document has no points, nor has a failed one of a dormant track.
func expected(d catalog.Content, m vector.Mark, chunks map[uuid.UUID]bool) bool {
	if m.Tenant != d.Tenant || m.Repository != d.Repository {
		return false
	}
	switch {
	case d.State == catalog.StateFailed && d.Dormant:
		return false
	case d.State != catalog.StateIndexed:
		return underWay(d)
	}
	return !d.Asleep && m.Revision == d.Revision && m.Blob == hex.EncodeToString(d.Blob[:]) && chunks[m.ID]
}

// underWay says whether the indexer has yet to settle which points a document has.
func underWay(d catalog.Content) bool {
	switch d.State {
	case catalog.StateIndexed:
		return false
	case catalog.StateSkipped, catalog.StateRemoved:
		return d.HasPoints
	}
	return true
}

// chunksOf returns the ids of the points of a document's chunks.
func chunksOf(d catalog.Content) map[uuid.UUID]bool {
	ids := make(map[uuid.UUID]bool, d.Chunks)
	for i := range d.Chunks {
		ids[events.PointID(d.ID, d.Blob, d.Chunker, i)] = true
	}
	return ids
}

// Lacking picks the documents that lack points. A document that has changed
// since it was read is under way, and is left out.
func (c Comparison) Lacking(ctx context.Context, docs []catalog.Content) ([]Lacking, error) {
	owners := make(map[uuid.UUID]uuid.UUID)
	var ids []uuid.UUID
	for _, d := range docs {
		if d.State != catalog.StateIndexed || d.Asleep {
			continue
		}
		for i := range d.Chunks {
			id := events.PointID(d.ID, d.Blob, d.Chunker, i)
			owners[id] = d.ID
			ids = append(ids, id)
		}
	}
	if err := c.wait(ctx, len(ids)); err != nil {
		return nil, err
	}
	missing, err := c.Points.Missing(ctx, c.Collection, ids)
	if err != nil || len(missing) == 0 {
		return nil, err
	}
	of := make(map[uuid.UUID][]uuid.UUID)
	for _, id := range missing {
		of[owners[id]] = append(of[owners[id]], id)
	}
	now, err := c.Documents.ContentsOf(ctx, keysOf(of))
	if err != nil {
		return nil, err
	}
	stands := make(map[catalog.Current]bool)
	for _, d := range now {
		if d.State == catalog.StateIndexed && !d.Asleep {
			stands[catalog.Current{ID: d.ID, Revision: d.Revision}] = true
		}
	}
	var list []Lacking
	for _, d := range docs {
		if len(of[d.ID]) > 0 && stands[catalog.Current{ID: d.ID, Revision: d.Revision}] {
			list = append(list, Lacking{d, of[d.ID]})
		}
	}
	return list, nil
}

func keysOf[V any](set map[uuid.UUID]V) []uuid.UUID {
	keys := make([]uuid.UUID, 0, len(set))
	for k := range set {
		keys = append(keys, k)
	}
	return keys
}
