package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Wikis holds the pages that generators made of the skeletons of wikis.
type Wikis struct{ *store }

// WikiPage is a generator's page of a wiki.
type WikiPage struct {
	Track    uuid.UUID
	Hash     [32]byte // of the page of the skeleton
	Page     string   // its id
	Title    string
	Body     string // of a list: ""
	PostedAt time.Time
	Excerpt  string // of a search: the words around the found ones
}

// Put stores a page in place of an earlier one with its track and hash. It deletes the tenant's
// oldest pages if there are more than most.
func (w *Wikis) Put(ctx context.Context, tenant string, p WikiPage, most int) error {
	err := w.inTx(ctx, func(q *query.Queries) error {
		if err := q.PutWikiPage(ctx, query.PutWikiPageParams{Track: p.Track, Hash: p.Hash[:], Page: p.Page, Title: p.Title, Body: p.Body}); err != nil {
			return err
		}
		return q.TrimWikiPages(ctx, tenant, int32(most))
	})
	if err != nil {
		return fmt.Errorf("put page %s of a wiki of track %s: %w", p.Page, p.Track, err)
	}
	return nil
}

// Page loads the newest page of a hash of one of the tracks. It returns ErrNotFound if there
// is none.
func (w *Wikis) Page(ctx context.Context, tracks []uuid.UUID, hash [32]byte) (WikiPage, error) {
	r, err := w.query.WikiPage(ctx, tracks, hash[:])
	if noRows(err) {
		return WikiPage{}, fmt.Errorf("page %x of a wiki: %w", hash, ErrNotFound)
	}
	if err != nil {
		return WikiPage{}, fmt.Errorf("load page %x of a wiki: %w", hash, err)
	}
	return WikiPage{Track: r.Track, Hash: hash, Page: r.Page, Title: r.Title, Body: r.Body, PostedAt: r.PostedAt}, nil
}

// List pages through the pages of a track's wiki by id, after one.
func (w *Wikis) List(ctx context.Context, track uuid.UUID, after WikiPage, most int) ([]WikiPage, error) {
	rows, err := w.query.WikiPages(ctx, query.WikiPagesParams{Tracks: []uuid.UUID{track}, AfterPage: after.Page, AfterHash: after.Hash[:], Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("list pages of a wiki of track %s: %w", track, err)
	}
	list := make([]WikiPage, len(rows))
	for i, r := range rows {
		list[i] = WikiPage{Track: r.Track, Hash: [32]byte(r.Hash), Page: r.Page, Title: r.Title, PostedAt: r.PostedAt}
	}
	return list, nil
}

// Search lists pages of tracks with words of a query, the best first.
func (w *Wikis) Search(ctx context.Context, tracks []uuid.UUID, text string, most int) ([]WikiPage, error) {
	rows, err := w.query.SearchWikiPages(ctx, text, tracks, int32(most))
	if err != nil {
		return nil, fmt.Errorf("search wikis: %w", err)
	}
	list := make([]WikiPage, len(rows))
	for i, r := range rows {
		list[i] = WikiPage{Track: r.Track, Hash: [32]byte(r.Hash), Page: r.Page, Title: r.Title, PostedAt: r.PostedAt, Excerpt: r.Excerpt}
	}
	return list, nil
}
