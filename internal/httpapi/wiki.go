package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

// registerWiki registers the routes of the cache of pages that generators make of an export.
func registerWiki(api huma.API, d deps) {
	const tag = "wiki"
	register(api, d, http.MethodPut, route{
		id: "put-wiki-page", path: "/repositories/{repository}/wiki/{hash}", tag: tag, scope: access.ScopeSubmit,
		summary: "Store the page that a generator made of an exported one",
		text: "`hash` is the hash of the page in an export. Pages with the same hash need to be made only once, whatever their version. " +
			"leat keeps the 5,000 newest pages of a tenant.",
	}, d.putWikiPage)
	get(api, d, route{
		id: "read-wiki-page", path: "/repositories/{repository}/wiki/{hash}", tag: tag, scope: access.ScopeRead,
		summary: "Read the pages that were made of an exported one",
		text:    "Looks at all refs of the repository; newest first. The body is exactly as posted, so a program that shows it must escape it.",
	}, d.wikiPage)
	get(api, d, route{
		id: "list-wiki-pages", path: "/repositories/{repository}/wiki", tag: tag, scope: access.ScopeRead,
		summary: "List the pages that were made for a ref",
	}, d.wikiPages)
	get(api, d, route{
		id: "search-wiki", path: "/wiki/search", tag: tag, scope: access.ScopeSearch,
		summary: "Find posted pages by their words", text: "Lists the best matches first, without their bodies.",
	}, d.searchWiki)
}

// WikiHash names a page by the hash that an export gives it.
type WikiHash struct {
	RepositoryPath
	Hash string `path:"hash" maxLength:"64" doc:"Hash of the page, in hex."`
}

type putWikiPageInput struct {
	WikiHash
	Body struct {
		Ref   string `json:"ref,omitempty" maxLength:"1024" doc:"Version, branch, tag or full name. Absent: the only ref that is indexed."`
		Page  string `json:"page" minLength:"1" maxLength:"128" doc:"Id of the page."`
		Title string `json:"title" minLength:"1" maxLength:"1024"`
		Text  string `json:"body" minLength:"1" maxLength:"262144"`
	}
}

type wikiPageOutput struct{ Body service.WikiPage }

func (d deps) putWikiPage(ctx context.Context, who caller, in *putWikiPageInput) (*wikiPageOutput, error) {
	p, err := d.PutWikiPage(ctx, service.PutWikiRequest{
		WikiRequest: service.WikiRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Body.Ref},
		Hash:        in.Hash, Page: in.Body.Page, Title: in.Body.Title, Body: in.Body.Text,
	})
	return &wikiPageOutput{p}, err
}

type wikiPageInput struct {
	WikiHash
	Ref string `query:"ref" maxLength:"1024" doc:"Only pages that were posted for this version, branch, tag or full name."`
}

func (d deps) wikiPage(ctx context.Context, who caller, in *wikiPageInput) (*wikiPageOutput, error) {
	p, err := d.WikiPage(ctx, service.WikiPageRequest{
		WikiRequest: service.WikiRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Ref}, Hash: in.Hash,
	})
	return &wikiPageOutput{p}, err
}

type wikiPagesOutput struct {
	Body struct {
		service.WikiPagesAnswer
		Pages
	}
}

func (d deps) wikiPages(ctx context.Context, who caller, in *WholeGraph) (*wikiPagesOutput, error) {
	after, err := place[string]("wiki", in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &wikiPagesOutput{}
	out.Body.WikiPagesAnswer, err = d.WikiPages(ctx, service.WikiPagesRequest{
		WikiRequest: service.WikiRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Ref}, After: after, Limit: in.Limit,
	})
	out.Body.Cursor = cursor("wiki", out.Body.Next)
	return out, err
}

type searchWikiInput struct {
	Query      string `query:"query" required:"true" minLength:"1" maxLength:"1024" doc:"Words to look for. Words in quotes must stand together, and - excludes a word."`
	Repository string `query:"repository" maxLength:"4096" doc:"Only this repository: its URL, its path, the end of either, or its id."`
	Limit      int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Largest number of pages in the answer."`
}

type searchWikiOutput struct{ Body service.WikiPagesAnswer }

func (d deps) searchWiki(ctx context.Context, who caller, in *searchWikiInput) (*searchWikiOutput, error) {
	a, err := d.SearchWiki(ctx, service.SearchWikiRequest{
		Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Query: in.Query, Limit: in.Limit,
	})
	return &searchWikiOutput{a}, err
}
