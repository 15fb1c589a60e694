package service

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/internal/wiki"
)

// The bounds of an answer with pages of a wiki.
const (
	MaxExport      = 200     // pages in one answer
	maxExportBytes = 8 << 20 // bytes of their contents, without the last page
)

// The subjects of the pages of a wiki.
const (
	ByDirectory = "directory"
	ByCommunity = "community"
)

// ExportRequest asks for the skeleton of a wiki of a repository at a ref.
type ExportRequest struct {
	GraphRequest        // without a symbol; its ref may be a version
	Format       string // md, html or json; "": md
	By           string // subject of a page, directory or community; "": directory
	Link         string // template of links to lines, with {path}, {commit}, {first} and {last}; "": that of the repository's host
	Since        string // ref or version: only pages that differ from the ones there; "": all
	After        string // Next of the previous answer; "": from the first
	Limit        int    // pages, 1 to MaxExport; 0: MaxExport
}

// ExportPage is a page of a wiki.
type ExportPage struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Kind    string `json:"kind" doc:"overview, directory or community."`
	Hash    string `json:"hash" doc:"SHA-256 of the content of the page without the commit. A page that was made of one with this hash is still right."`
	File    string `json:"file" doc:"Name of its file in the wiki, to which links of other pages lead."`
	Content string `json:"content"`
}

// ExportAnswer holds pages of a wiki: the overview first, then by title. The first answer
// has the tables of contents too.
type ExportAnswer struct {
	At
	Format   string         `json:"format"`
	Pages    []ExportPage   `json:"pages" nullable:"false"`
	Removed  []string       `json:"removed" nullable:"false" doc:"Ids of pages that existed at since, but no longer do."`
	Contents []wiki.Written `json:"contents,omitempty"`
	Next     string         `json:"-"`
}

// Export writes the skeleton of a wiki. The same repository, commit and request give the same
// pages. It refuses while newer work on the ref is under way.
func (s *Service) Export(ctx context.Context, r ExportRequest) (a ExportAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres|store.S3); err != nil {
		return a, err
	}
	if err := r.fill(); err != nil {
		return a, err
	}
	skip, err := skipped(r.After)
	if err != nil {
		return a, err
	}
	at, site, err := s.site(ctx, r)
	if err != nil {
		return a, err
	}
	pages := make([]*wiki.Page, len(site.Pages))
	for i := range site.Pages {
		pages[i] = &site.Pages[i]
	}
	a = ExportAnswer{At: at, Format: r.Format, Pages: []ExportPage{}, Removed: []string{}}
	if r.Since != "" {
		before := r
		before.Ref = r.Since
		_, old, err := s.site(ctx, before)
		if err != nil {
			return a, err
		}
		pages, a.Removed = changed(old, pages)
	}
	if skip == 0 {
		a.Contents = site.Contents(r.Format)
	}
	size := 0
	pages = pages[min(skip, len(pages)):]
	for i, p := range pages {
		if i == r.Limit || size >= maxExportBytes {
			a.Next = fmt.Sprint(skip + i)
			break
		}
		written := site.Render(p, r.Format)
		size += len(written.Content)
		a.Pages = append(a.Pages, ExportPage{p.ID, p.Title, p.Kind, p.Hash, written.Name, written.Content})
	}
	return a, nil
}

// fill checks a request, and fills in its defaults.
func (r *ExportRequest) fill() error {
	if r.Format == "" {
		r.Format = wiki.Markdown
	}
	if !slices.Contains(wiki.Formats(), r.Format) {
		reason := fmt.Sprintf("unknown format %q: give one of %s", r.Format, strings.Join(wiki.Formats(), ", "))
		return &Error{Kind: Invalid, Field: FieldFormat, Value: r.Format, Reason: reason}
	}
	switch r.By {
	case "":
		r.By = ByDirectory
	case ByDirectory, ByCommunity:
	default:
		return &Error{Kind: Invalid, Field: FieldKind, Value: r.By, Reason: fmt.Sprintf("unknown subject %q: give directory or community", r.By)}
	}
	if r.Link != "" {
		if fault := wiki.CheckLink(r.Link); fault != "" {
			return &Error{Kind: Invalid, Field: FieldLink, Value: r.Link, Reason: "the template of links is not valid: " + fault}
		}
	}
	if r.Limit == 0 {
		r.Limit = MaxExport
	}
	if r.Limit < 1 || r.Limit > MaxExport {
		return badLimit(r.Limit, MaxExport, "pages")
	}
	return nil
}

// changed lists the pages that differ from those of an older wiki, and the older pages
// that are gone.
func changed(old *wiki.Site, pages []*wiki.Page) (other []*wiki.Page, removed []string) {
	was := make(map[string]string)
	for _, p := range old.Pages {
		was[p.ID] = p.Hash
	}
	for _, p := range pages {
		if was[p.ID] != p.Hash {
			other = append(other, p)
		}
		delete(was, p.ID)
	}
	removed = []string{}
	for _, p := range old.Pages {
		if _, gone := was[p.ID]; gone {
			removed = append(removed, p.ID)
		}
	}
	return other, removed
}
