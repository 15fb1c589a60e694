package httpapi

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

func registerExport(api huma.API, d deps) {
	get(api, d, route{
		id: "export", path: "/repositories/{repository}/export", tag: "wiki", scope: access.ScopeRead, slow: true,
		summary: "Write the skeleton of a wiki",
		text: "An overview, and a page for each directory or community: files, symbols, who uses them, imports. The same repository, commit and request " +
			"give the same pages. No language model is used. Refused (409) while newer work on the ref is under way.",
	}, d.export)
}

type exportInput struct {
	RepositoryPath
	Ref    string `query:"ref" maxLength:"1024" doc:"Branch, tag, version or full name. Default: the only ref that is indexed."`
	Format string `query:"format" enum:"md,html,json" default:"md"`
	By     string `query:"by" enum:"directory,community" default:"directory" doc:"Subject of a page."`
	Link   string `query:"link" maxLength:"1024" doc:"Template of links to lines, with {path}, {commit}, {first} and {last}. Default: that of the repository's host."`
	Since  string `query:"since" maxLength:"1024" doc:"Ref or version: only the pages that differ from the ones there."`
	Cursor string `query:"cursor" maxLength:"8192" doc:"Continues a list: next of the previous answer."`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"200" doc:"Largest number of pages in the answer."`
}

type exportOutput struct {
	Body struct {
		service.ExportAnswer
		Pages
	}
}

func (d deps) export(ctx context.Context, who caller, in *exportInput) (*exportOutput, error) {
	after, err := place[string]("export", in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &exportOutput{}
	out.Body.ExportAnswer, err = d.Export(ctx, service.ExportRequest{
		GraphRequest: service.GraphRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Ref},
		Format:       in.Format, By: in.By, Link: in.Link, Since: in.Since, After: after, Limit: in.Limit,
	})
	out.Body.Cursor = cursor("export", out.Body.Next)
	return out, err
}
