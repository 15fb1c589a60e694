package httpapi

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

func registerGraph(api huma.API, d deps) {
	const tag = "graph"
	get(api, d, route{
		id: "list-symbols", path: "/repositories/{repository}/symbols", tag: tag, scope: access.ScopeRead,
		summary: "Find definitions by name",
		text:    "Upper and lower case do not matter. The answer belongs to the commit that it names; `underway` says that newer work is under way.",
	}, d.symbols)
	get(api, d, route{
		id: "list-references", path: "/repositories/{repository}/references", tag: tag, scope: access.ScopeRead,
		summary: "List the references to a symbol, or the references that it makes",
		text: "Each reference says how it was resolved and how sure that is. Two definitions of one name are two candidates; a reference that " +
			"could not be resolved is counted in `unresolved`.",
	}, d.references)
	get(api, d, route{
		id: "list-neighbours", path: "/repositories/{repository}/neighbours", tag: tag, scope: access.ScopeRead,
		summary: "List the symbols connected with a symbol", text: "Follows edges with a confidence of 0.8 or more, the nearest nodes first.",
	}, d.neighbours)
	get(api, d, route{
		id: "list-impact", path: "/repositories/{repository}/impact", tag: tag, scope: access.ScopeRead,
		summary: "List what may break if a symbol or a file changes", text: "Lists the nodes that refer to it over a number of steps; tests first within each distance.",
	}, d.impact)
	post(api, d, route{
		id: "find-impact", path: "/repositories/{repository}/impact", tag: tag, scope: access.ScopeRead, repeats: true,
		summary: "List what a diff may break",
		text: "For each changed line, the innermost definition counts, in the commit that the answer names; a removed file " +
			"counts as a whole. The nodes that refer to these follow, over a number of steps; tests first within each distance.",
	}, d.impactOfDiff)
	get(api, d, route{
		id: "find-path", path: "/repositories/{repository}/path", tag: tag, scope: access.ScopeRead,
		summary: "Find a shortest path of references from one symbol to another", text: "An answer without nodes says that there is no path of up to six steps.",
	}, d.path)
	get(api, d, route{
		id: "list-important", path: "/repositories/{repository}/important", tag: tag, scope: access.ScopeRead,
		summary: "List the most important symbols or files",
		text:    "Ranked by PageRank over the references, weighted by their confidence. The answer is kept until the graph changes; at most 1,000 are listed.",
	}, d.important)
	get(api, d, route{
		id: "list-communities", path: "/repositories/{repository}/communities", tag: tag, scope: access.ScopeRead,
		summary: "List the groups of files that refer to each other more than to other files",
		text:    "Grouped by Louvain's method on the files' references. The answer is kept until the graph changes; at most 500 are listed.",
	}, d.communities)
	get(api, d, route{
		id: "list-related", path: "/repositories/{repository}/related", tag: tag, scope: access.ScopeRead,
		summary: "List the files related to a file",
		text:    "A file is related if it refers to the file, is referred to by it, refers to the same symbols, or was last changed by the same commit.",
	}, d.related)
}

// WholeGraph names a graph that a request asks about as a whole.
type WholeGraph struct {
	GraphOf
	GraphPage
}

func (in WholeGraph) request(who caller) service.GraphRequest {
	return service.GraphRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Ref}
}

type importantInput struct {
	WholeGraph
	By string `query:"by" enum:"symbol,file" default:"symbol" doc:"Rank symbols or files."`
}

type importantOutput struct {
	Body struct {
		service.ImportantAnswer
		Pages
	}
}

func (d deps) important(ctx context.Context, who caller, in *importantInput) (*importantOutput, error) {
	after, err := place[string]("important", in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &importantOutput{}
	out.Body.ImportantAnswer, err = d.Important(ctx, service.ImportantRequest{GraphRequest: in.request(who), By: in.By, After: after, Limit: in.Limit})
	out.Body.Cursor = cursor("important", out.Body.Next)
	return out, err
}

type communitiesOutput struct {
	Body struct {
		service.CommunitiesAnswer
		Pages
	}
}

func (d deps) communities(ctx context.Context, who caller, in *WholeGraph) (*communitiesOutput, error) {
	after, err := place[string]("communities", in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &communitiesOutput{}
	out.Body.CommunitiesAnswer, err = d.Communities(ctx, service.CommunitiesRequest{GraphRequest: in.request(who), After: after, Limit: in.Limit})
	out.Body.Cursor = cursor("communities", out.Body.Next)
	return out, err
}

type relatedInput struct {
	GraphSymbol
	GraphPage
}

type relatedOutput struct {
	Body struct {
		service.RelatedAnswer
		Pages
	}
}

func (d deps) related(ctx context.Context, who caller, in *relatedInput) (*relatedOutput, error) {
	after, err := place[string]("related", in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &relatedOutput{}
	out.Body.RelatedAnswer, err = d.Related(ctx, service.RelatedRequest{GraphRequest: in.request(who), After: after, Limit: in.Limit})
	out.Body.Cursor = cursor("related", out.Body.Next)
	return out, err
}

// GraphOf names the repository and the ref of a graph.
type GraphOf struct {
	RepositoryPath
	Ref string `query:"ref" maxLength:"1024" doc:"Branch, tag or full name. Default: the only ref that is indexed."`
}

// GraphSymbol names a symbol.
type GraphSymbol struct {
	GraphOf
	Symbol string `query:"symbol" required:"true" minLength:"1" maxLength:"4096" doc:"A name, the end of a qualified one (Mill.grind), an id (PATH#QUALIFIED), or the path of a file."`
}

func (in GraphSymbol) request(who caller) service.GraphRequest {
	return service.GraphRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Ref, Symbol: in.Symbol}
}

// GraphPage is the part of a list from a graph that a request asks for.
type GraphPage struct {
	Cursor string `query:"cursor" maxLength:"8192" doc:"Continues a list: next of the previous answer."`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Largest number of rows in the answer."`
}

type symbolsInput struct {
	GraphSymbol
	GraphPage
	Prefix bool     `query:"prefix" doc:"Match names that begin with name."`
	Kinds  []string `query:"kind,explode" maxItems:"10" doc:"Only these: function, method, type, const, var, field or module. May be repeated."`
}

type symbolsOutput struct {
	Body struct {
		service.SymbolsAnswer
		Pages
	}
}

func (d deps) symbols(ctx context.Context, who caller, in *symbolsInput) (*symbolsOutput, error) {
	after, err := place[string]("symbols", in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &symbolsOutput{}
	out.Body.SymbolsAnswer, err = d.Symbols(ctx, service.SymbolsRequest{
		GraphRequest: in.request(who), Prefix: in.Prefix, Kinds: in.Kinds, After: after, Limit: in.Limit,
	})
	out.Body.Cursor = cursor("symbols", out.Body.Next)
	return out, err
}

type referencesInput struct {
	GraphSymbol
	GraphPage
	Direction     string   `query:"direction" enum:"in,out" default:"in" doc:"in: what refers to it; out: what it refers to."`
	Roles         []string `query:"role,explode" maxItems:"10" doc:"Only these: call, type, import, inherit, write or use. May be repeated."`
	MinConfidence float64  `query:"min_confidence" minimum:"0" maximum:"1" doc:"Only references with at least this confidence."`
	Across        bool     `query:"across" doc:"Only references between this repository and others of the tenant, found by the modules that these declare."`
}

type referencesOutput struct {
	Body struct {
		service.UsesAnswer
		Pages
	}
}

func (d deps) references(ctx context.Context, who caller, in *referencesInput) (*referencesOutput, error) {
	after, err := place[string]("references", in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &referencesOutput{}
	out.Body.UsesAnswer, err = d.Uses(ctx, service.UsesRequest{
		GraphRequest: in.request(who), Outward: in.Direction == "out", Across: in.Across, Roles: in.Roles, MinConfidence: in.MinConfidence, After: after, Limit: in.Limit,
	})
	out.Body.Cursor = cursor("references", out.Body.Next)
	return out, err
}

type walkInput struct {
	GraphSymbol
	Direction string   `query:"direction" enum:"in,out,both" default:"both" doc:"in: nodes that refer to it; out: nodes that it refers to. An impact always uses in."`
	Roles     []string `query:"role,explode" maxItems:"10" doc:"Only these: call, type, import, inherit, write or use. May be repeated."`
	Depth     int      `query:"depth" minimum:"0" maximum:"6" doc:"Number of steps. 0: one step, or three for an impact."`
	GraphPage
}

func (in walkInput) walk(who caller, list string) (service.WalkRequest, error) {
	after, err := place[string](list, in.Cursor)
	return service.WalkRequest{GraphRequest: in.request(who), Direction: in.Direction, Roles: in.Roles, Depth: in.Depth, After: after, Limit: in.Limit}, err
}

type walkOutput struct {
	Body struct {
		service.WalkAnswer
		Pages
	}
}

func (d deps) neighbours(ctx context.Context, who caller, in *walkInput) (*walkOutput, error) {
	r, err := in.walk(who, "neighbours")
	if err != nil {
		return nil, err
	}
	out := &walkOutput{}
	out.Body.WalkAnswer, err = d.Neighbours(ctx, r)
	out.Body.Cursor = cursor("neighbours", out.Body.Next)
	return out, err
}

type impactOutput struct {
	Body struct {
		service.ImpactAnswer
		Pages
	}
}

func (d deps) impact(ctx context.Context, who caller, in *walkInput) (*impactOutput, error) {
	r, err := in.walk(who, "impact")
	if err != nil {
		return nil, err
	}
	return d.impactOf(ctx, service.ImpactRequest{WalkRequest: r})
}

type diffImpactInput struct {
	GraphOf
	Body struct {
		Diff   string   `json:"diff" minLength:"1" maxLength:"1048576" doc:"A change of the indexed commit in the unified form of git diff, of at most 500 files."`
		Roles  []string `json:"roles,omitempty" maxItems:"10" doc:"Follow only these: call, type, import, inherit, write or use."`
		Depth  int      `json:"depth,omitempty" minimum:"0" maximum:"6" doc:"Number of steps. Default: three."`
		Cursor string   `json:"cursor,omitempty" maxLength:"8192" doc:"Continues a list: next of the previous answer, with the same diff."`
		Limit  int      `json:"limit,omitempty" minimum:"0" maximum:"200" doc:"Largest number of nodes in the answer. Default: 50."`
	}
}

func (d deps) impactOfDiff(ctx context.Context, who caller, in *diffImpactInput) (*impactOutput, error) {
	after, err := place[string]("impact", in.Body.Cursor)
	if err != nil {
		return nil, err
	}
	of := service.GraphRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Ref}
	return d.impactOf(ctx, service.ImpactRequest{Diff: in.Body.Diff, WalkRequest: service.WalkRequest{
		GraphRequest: of, Roles: in.Body.Roles, Depth: in.Body.Depth, After: after, Limit: in.Body.Limit,
	}})
}

func (d deps) impactOf(ctx context.Context, r service.ImpactRequest) (out *impactOutput, err error) {
	out = &impactOutput{}
	out.Body.ImpactAnswer, err = d.Impact(ctx, r)
	out.Body.Cursor = cursor("impact", out.Body.Next)
	return out, err
}

type pathOutput struct{ Body service.WalkAnswer }

type pathInput struct {
	GraphSymbol
	To string `query:"to" required:"true" minLength:"1" maxLength:"4096" doc:"The symbol at the end of the path, named in the same way as symbol."`
}

func (d deps) path(ctx context.Context, who caller, in *pathInput) (*pathOutput, error) {
	a, err := d.Path(ctx, service.PathRequest{GraphRequest: in.request(who), To: in.To})
	return &pathOutput{a}, err
}
