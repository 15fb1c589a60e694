package httpapi

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

type searchInput struct {
	Query        string   `query:"query" required:"true" minLength:"1" maxLength:"16384" doc:"What to look for."`
	Repositories []string `query:"repository,explode" maxItems:"100" doc:"Only these repositories: URL, path, the end of one of them, or id. May be repeated."`
	Ref          string   `query:"ref" doc:"Only this branch or tag."`
	Languages    []string `query:"language,explode" maxItems:"50" doc:"Only these languages, by names or aliases of GitHub's. May be repeated."`
	Kinds        []string `query:"kind,explode" maxItems:"20" doc:"Only these kinds of chunks: function, method, type and so on. May be repeated."`
	Symbols      []string `query:"symbol,explode" maxItems:"50" doc:"Only definitions of these names, qualified or not. May be repeated."`
	Path         string   `query:"path" maxLength:"4096" doc:"Only this file, what is below this directory, or else what fits this glob: * stays in a directory, ** does not."`
	Limit        int      `query:"limit" minimum:"1" maximum:"100" default:"10" doc:"Most hits of the answer."`
	MaxBytes     int      `query:"max_bytes" minimum:"1024" maximum:"1048576" default:"262144" doc:"Most bytes of the hits in JSON."`
	MaxTokens    int      `query:"max_tokens" minimum:"256" maximum:"1000000" doc:"Most tokens of the hits, three bytes counted as one: models need fewer for code. Default: no bound beside max_bytes."`
	Calls        bool     `query:"calls" doc:"Tell for each hit what calls what it defines, and what that calls, by the symbol graph."`
	Cursor       string   `query:"cursor" maxLength:"8192" doc:"Goes on: next of the answer before. The other parameters have to be the same."`
}

type searchOutput struct{ Body service.SearchAnswer }

func registerSearch(api huma.API, d deps) {
	get(api, d, route{
		id: "search", path: "/search", tag: "search", summary: "Find code", scope: access.ScopeSearch,
		text: "Answers the best hits first. A bound that leaves something out is told in `cut`, with the way to the rest.",
	}, d.search)
}

func (d deps) search(ctx context.Context, who caller, in *searchInput) (*searchOutput, error) {
	answer, err := d.Search(ctx, service.SearchRequest{
		Tenant: who.tenant, Reach: who.Repositories, Query: in.Query, Repositories: in.Repositories, Ref: in.Ref,
		Languages: in.Languages, Kinds: in.Kinds, Symbols: in.Symbols, Path: in.Path,
		Limit: in.Limit, MaxBytes: in.MaxBytes, MaxTokens: in.MaxTokens, Calls: in.Calls, After: in.Cursor,
	})
	return &searchOutput{answer}, err
}
