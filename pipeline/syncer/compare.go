package syncer

import (
	"context"
	"encoding/hex"
	"iter"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

// comparison is of the points of one generation with the documents of the
// catalog, in some repositories or in all. What is under way is no difference.
// Memory is bounded by the page size.
type comparison struct {
	catalog      *catalog.Catalog
	points       vector.Store
	collection   string
	repositories []uuid.UUID // none: all, and what is of no repository
	// pace is told how many points are read, and takes its time; nil: none.
	pace func(context.Context, int) error
}

// misplaced is a point that should not be there.
type misplaced struct {
	vector.Mark
	orphan bool // of a document that the catalog does not know
}

// lacking is an indexed document some of whose chunks have no point.
type lacking struct {
	catalog.Content
	missing []uuid.UUID
}

func (c comparison) wait(ctx context.Context, points int) error {
	if c.pace == nil {
		return ctx.Err()
	}
	return c.pace(ctx, points)
}

// marks lists the points in pages.
func (c comparison) marks(ctx context.Context, from uuid.UUID) iter.Seq2[[]vector.Mark, error] {
	return func(yield func([]vector.Mark, error) bool) {
		var page []vector.Mark
		for mark, err := range c.points.Marks(ctx, c.collection, c.repositories, from) {
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

// contents lists the documents in pages.
func (c comparison) contents(ctx context.Context) iter.Seq2[[]catalog.Content, error] {
	return func(yield func([]catalog.Content, error) bool) {
		if len(c.repositories) == 0 {
			pagesOf(yield, func(after uuid.UUID) ([]catalog.Content, error) { return c.catalog.Contents(ctx, after, pageSize) })
			return
		}
		for _, repository := range c.repositories {
			tracks, err := c.catalog.TrackIDs(ctx, repository)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, track := range tracks {
				if !pagesOf(yield, func(after uuid.UUID) ([]catalog.Content, error) {
					return c.catalog.TrackContents(ctx, track, after, pageSize)
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

// misplacedAmong picks the points that should not be there. What the catalog
// says so of is looked at once more, and judged once more by what the catalog
// says then. The indexer takes old points away before it marks a document
// indexed, so those that are there still are not about to go; and a document
// that was not known may have come, and written the very point.
func (c comparison) misplacedAmong(ctx context.Context, marks []vector.Mark) ([]misplaced, error) {
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
	held, err := c.points.Held(ctx, c.collection, ids)
	if err != nil {
		return nil, err
	}
	return c.judge(ctx, held)
}

// judge compares points with what the catalog says now of their documents.
func (c comparison) judge(ctx context.Context, marks []vector.Mark) (wrong []misplaced, err error) {
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
			wrong = append(wrong, misplaced{m, !known})
		}
	}
	return wrong, nil
}

func (c comparison) documentsOf(ctx context.Context, marks []vector.Mark) (map[uuid.UUID]catalog.Content, error) {
	docs := make(map[uuid.UUID]catalog.Content)
	for _, mark := range marks {
		docs[mark.Document] = catalog.Content{}
	}
	list, err := c.catalog.ContentsOf(ctx, keysOf(docs))
	if err != nil {
		return nil, err
	}
	clear(docs)
	for _, d := range list {
		docs[d.ID] = d
	}
	return docs, nil
}

// expected says whether a point may be there, of a document with such chunks. While a document is under way,
// its points of the revision before stay until the new ones are written.
func expected(d catalog.Content, m vector.Mark, chunks map[uuid.UUID]bool) bool {
	if m.Tenant != d.Tenant || m.Repository != d.Repository {
		return false
	}
	if d.State != catalog.StateIndexed {
		return underWay(d)
	}
	return m.Revision == d.Revision && m.Blob == hex.EncodeToString(d.Blob[:]) && chunks[m.ID]
}

// underWay says that the indexer has yet to settle which points a document has.
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

// lackingAmong picks the documents that lack points. One that has changed since
// it was read is under way, and is left out.
func (c comparison) lackingAmong(ctx context.Context, docs []catalog.Content) ([]lacking, error) {
	owners := make(map[uuid.UUID]uuid.UUID)
	var ids []uuid.UUID
	for _, d := range docs {
		if d.State != catalog.StateIndexed {
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
	missing, err := c.points.Missing(ctx, c.collection, ids)
	if err != nil || len(missing) == 0 {
		return nil, err
	}
	of := make(map[uuid.UUID][]uuid.UUID)
	for _, id := range missing {
		of[owners[id]] = append(of[owners[id]], id)
	}
	now, err := c.catalog.ContentsOf(ctx, keysOf(of))
	if err != nil {
		return nil, err
	}
	stands := make(map[catalog.Current]bool)
	for _, d := range now {
		if d.State == catalog.StateIndexed {
			stands[catalog.Current{ID: d.ID, Revision: d.Revision}] = true
		}
	}
	var list []lacking
	for _, d := range docs {
		if len(of[d.ID]) > 0 && stands[catalog.Current{ID: d.ID, Revision: d.Revision}] {
			list = append(list, lacking{d, of[d.ID]})
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
