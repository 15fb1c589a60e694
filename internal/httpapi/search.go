package httpapi

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

type searchInput struct {
	Query        string   `query:"query" required:"true" minLength:"1" maxLength:"16384" doc:"What to look for."`
	Repositories []string `query:"repository,explode" maxItems:"100" doc:"Only these repositories, by URL, path, the end of either, or id. May be repeated."`
	Ref          string   `query:"ref" doc:"Only this branch or tag."`
	Languages    []string `query:"language,explode" maxItems:"50" doc:"Only these languages, by GitHub's names or aliases. May be repeated."`
	Kinds        []string `query:"kind,explode" maxItems:"20" doc:"Only these kinds of chunks: function, method, type and so on. May be repeated."`
	Symbols      []string `query:"symbol,explode" maxItems:"50" doc:"Only definitions with these names, qualified or not. May be repeated."`
	Path         string   `query:"path" maxLength:"4096" doc:"Only this file, the files below this directory, or else the files that match this glob: * stays in a directory, ** does not."`
	Limit        int      `query:"limit" minimum:"1" maximum:"100" default:"10" doc:"Largest number of hits in the answer."`
	MaxBytes     int      `query:"max_bytes" minimum:"1024" maximum:"1048576" default:"262144" doc:"Largest size of the hits in JSON, in bytes."`
	MaxTokens    int      `query:"max_tokens" minimum:"256" maximum:"1000000" doc:"Largest number of tokens of the hits. Three bytes count as one token, although models need fewer for code. Default: only max_bytes bounds them."`
	Calls        bool     `query:"calls" doc:"List the callers and callees of the definition in each hit, by the symbol graph."`
	Cursor       string   `query:"cursor" maxLength:"8192" doc:"Continues the list: next of the previous answer. The other parameters must be the same."`
}

type searchOutput struct{ Body service.SearchAnswer }

func registerSearch(api huma.API, d deps) {
	get(api, d, route{
		id: "search", path: "/search", tag: "search", summary: "Find code", scope: access.ScopeSearch,
		text: "Lists the best hits first. If a bound leaves something out, `cut` says so, and how to get the rest.",
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
