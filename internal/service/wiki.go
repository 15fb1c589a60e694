package service

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// The bounds of pages that generators post.
const (
	MaxWikiBody  = 256 << 10 // bytes of a page
	MaxWikiTitle = 1024      // bytes
	MaxWikiPages = 5_000     // newest pages that are kept for a tenant
	maxWikiQuery = 1024      // bytes
)

// WikiRequest names the wiki of a repository at a ref.
type WikiRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id
	Ref        string   // version, branch, tag or full name; "": the only one that is indexed
}

// WikiPage is a page that a generator wrote from a page of a skeleton.
type WikiPage struct {
	Repository string    `json:"repository" doc:"URL of the repository."`
	Ref        string    `json:"ref" doc:"Full name of the ref for which it was posted."`
	Hash       string    `json:"hash" doc:"Hash of the page of the skeleton in an export."`
	Page       string    `json:"page" doc:"Id of that page."`
	Title      string    `json:"title"`
	PostedAt   time.Time `json:"posted_at"`
	Body       string    `json:"body,omitempty" doc:"The posted text. Absent in lists."`
	Excerpt    string    `json:"excerpt,omitempty" doc:"In a search: the text around the found words."`
}

// PutWikiRequest posts a page.
type PutWikiRequest struct {
	WikiRequest
	Hash, Page, Title, Body string
}

// PutWikiPage stores a page that was made of the exported page with a hash. It replaces an earlier
// page with the same hash and ref, and deletes the oldest of the tenant beyond MaxWikiPages.
func (s *Service) PutWikiPage(ctx context.Context, r PutWikiRequest) (p WikiPage, err error) {
	defer mark(&err)
	head, err := s.wikiOf(ctx, r.WikiRequest)
	if err != nil {
		return p, err
	}
	hash, err := hashOf(r.Hash)
	if err != nil {
		return p, err
	}
	for _, text := range []struct {
		field       Field
		text        string
		least, most int
	}{{FieldName, r.Page, 1, 128}, {FieldName, r.Title, 1, MaxWikiTitle}, {FieldBody, r.Body, 1, MaxWikiBody}} {
		if len(text.text) < text.least || len(text.text) > text.most || !utf8.ValidString(text.text) || strings.ContainsRune(text.text, 0) {
			reason := fmt.Sprintf("give a text in UTF-8 of %d to %d bytes, without zero bytes", text.least, text.most)
			return p, &Error{Kind: Invalid, Field: text.field, Reason: reason}
		}
	}
	one := catalog.WikiPage{Track: head.ID, Hash: hash, Page: r.Page, Title: r.Title, Body: r.Body, PostedAt: time.Now().UTC()}
	if err := s.stores.Catalog.Wikis.Put(ctx, r.Tenant, one, MaxWikiPages); err != nil {
		return p, err
	}
	one.Body = ""
	return wikiPage(one, head), nil
}

// wikiOf finds the track that a request names.
func (s *Service) wikiOf(ctx context.Context, r WikiRequest) (catalog.Head, error) {
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return catalog.Head{}, err
	}
	return s.head(ctx, r.Tenant, r.Reach, r.Repository, r.Ref)
}

func hashOf(text string) (hash [32]byte, err error) {
	decoded, err := hex.DecodeString(text)
	if err != nil || len(decoded) != len(hash) {
		return hash, &Error{Kind: NotFound, Field: FieldCommit, Reason: "this is not the hash of a page: give the 64 digits from an export"}
	}
	return [32]byte(decoded), nil
}

func wikiPage(p catalog.WikiPage, h catalog.Head) WikiPage {
	return WikiPage{
		Repository: h.URL, Ref: h.Ref, Hash: hex.EncodeToString(p.Hash[:]), Page: p.Page, Title: p.Title, PostedAt: p.PostedAt.UTC(), Body: p.Body, Excerpt: p.Excerpt,
	}
}

// WikiPageRequest asks for the page that was made of the exported page with a hash.
type WikiPageRequest struct {
	WikiRequest // without a ref: at any ref
	Hash        string
}

// WikiPage returns the page that was made of the exported page with a hash, whichever ref of the
// repository it was posted for.
func (s *Service) WikiPage(ctx context.Context, r WikiPageRequest) (p WikiPage, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return p, err
	}
	heads, err := s.heads(ctx, r.Tenant, r.Reach, r.Repository)
	if err != nil {
		return p, err
	}
	if r.Ref != "" {
		heads = named(heads, r.Ref)
	}
	hash, err := hashOf(r.Hash)
	if err != nil {
		return p, err
	}
	byTrack, tracks := tracksOf(heads)
	found, err := s.stores.Catalog.Wikis.Page(ctx, tracks, hash)
	if isNotFound(err) {
		return p, &Error{Kind: NotFound, Field: FieldName, Reason: "no page was posted for this hash", Err: err}
	}
	return wikiPage(found, byTrack[found.Track]), err
}

func tracksOf(heads []catalog.Head) (map[uuid.UUID]catalog.Head, []uuid.UUID) {
	byTrack, tracks := make(map[uuid.UUID]catalog.Head), []uuid.UUID{}
	for _, h := range heads {
		byTrack[h.ID], tracks = h, append(tracks, h.ID)
	}
	return byTrack, tracks
}

// WikiPagesRequest asks for the pages that were posted for a ref.
type WikiPagesRequest struct {
	WikiRequest
	After string // Next of the previous answer; "": from the first
	Limit int    // 1 to MaxSymbols; 0: 50
}

// WikiPagesAnswer lists pages without their bodies.
type WikiPagesAnswer struct {
	Pages []WikiPage `json:"pages" nullable:"false"`
	Next  string     `json:"-"`
}

// WikiPages lists the pages that were posted for a ref, by page.
func (s *Service) WikiPages(ctx context.Context, r WikiPagesRequest) (a WikiPagesAnswer, err error) {
	defer mark(&err)
	head, err := s.wikiOf(ctx, r.WikiRequest)
	if err != nil {
		return a, err
	}
	if r.Limit, err = graphLimit(r.Limit); err != nil {
		return a, err
	}
	var after catalog.WikiPage
	if r.After != "" {
		digits, page, _ := strings.Cut(r.After, " ")
		if after.Hash, err = hashOf(digits); err != nil {
			return a, badCursor()
		}
		after.Page = page
	}
	list, err := s.stores.Catalog.Wikis.List(ctx, head.ID, after, r.Limit+1)
	a.Pages = []WikiPage{}
	for i, p := range list {
		if i == r.Limit {
			a.Next = fmt.Sprintf("%x %s", list[i-1].Hash, list[i-1].Page)
			break
		}
		a.Pages = append(a.Pages, wikiPage(p, head))
	}
	return a, err
}

// SearchWikiRequest asks for posted pages by their words.
type SearchWikiRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id; "": all
	Query      string   // words; "words in quotes" must stand together; or and - work as in a search box
	Limit      int      // 1 to MaxSymbols; 0: 50
}

// SearchWiki finds posted pages by their words. It lists the best first, without their bodies.
func (s *Service) SearchWiki(ctx context.Context, r SearchWikiRequest) (a WikiPagesAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return a, err
	}
	if r.Limit, err = graphLimit(r.Limit); err != nil {
		return a, err
	}
	if strings.TrimSpace(r.Query) == "" || len(r.Query) > maxWikiQuery || !utf8.ValidString(r.Query) || strings.ContainsRune(r.Query, 0) {
		return a, &Error{Kind: Invalid, Field: FieldQuery, Reason: fmt.Sprintf("give words to look for, at most %d bytes of UTF-8", maxWikiQuery)}
	}
	heads, err := s.Tracks(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository})
	if err != nil {
		return a, err
	}
	byTrack, tracks := tracksOf(heads)
	list, err := s.stores.Catalog.Wikis.Search(ctx, tracks, r.Query, r.Limit)
	a.Pages = []WikiPage{}
	for _, p := range list {
		a.Pages = append(a.Pages, wikiPage(p, byTrack[p.Track]))
	}
	return a, err
}
