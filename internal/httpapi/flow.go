package httpapi

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

// registerFlow registers the routes about work: work under way, past work, and the origin of a
// file's points.
func registerFlow(api huma.API, d deps) {
	get(api, d, route{
		id: "get-flow", path: "/flow", tag: "pipeline", scope: access.ScopeOperate,
		summary: "Count the work under way, by stage and lane",
		text:    "With `queues`, which needs a token of the installation, the answer adds the messages that wait in the streams for all tenants.",
	}, d.flow)
	get(api, d, route{
		id: "list-workers", path: "/workers", tag: "pipeline", scope: access.ScopeOperate,
		summary: "List the workers, and the documents and submissions that each works on",
		text: "A token of a tenant sees the workers that work on repositories it reaches. " +
			"A token of the installation sees all living workers, their hosts and how much each works on.",
	}, d.workers)
	get(api, d, route{
		id: "get-activity", path: "/activity", tag: "pipeline", scope: access.ScopeOperate,
		summary: "Count past work by spans of time",
	}, d.activity)
	get(api, d, route{
		id: "get-history", path: "/repositories/{repository}/history", tag: "repositories", scope: access.ScopeRead,
		summary: "List the newest commits that were read, and count skipped files by reason",
	}, d.history)
	get(api, d, route{
		id: "get-lineage", path: "/repositories/{repository}/lineage", tag: "files", scope: access.ScopeRead,
		summary: "Trace the point of each chunk of a file",
		text:    "Names the event, the commit, the blob, the chunk, the model and the point.",
	}, d.lineage)
	get(api, d, route{
		id: "get-outline", path: "/repositories/{repository}/outline", tag: "files", scope: access.ScopeRead,
		summary: "List the definitions in a file",
	}, d.outline)
	get(api, d, route{
		id: "list-directory", path: "/repositories/{repository}/directory", tag: "files", scope: access.ScopeRead,
		summary: "List a directory: directories first, then files",
	}, d.directory)
}

type flowInput struct {
	Queues bool `query:"queues" doc:"Include the messages that wait for all tenants. Needs a token of the installation."`
}

type flowOutput struct{ Body service.FlowAnswer }

func (d deps) flow(ctx context.Context, who caller, in *flowInput) (*flowOutput, error) {
	a, err := d.Flow(ctx, service.FlowRequest{Tenant: who.tenant, Reach: who.Repositories, Queues: in.Queues})
	return &flowOutput{a}, err
}

type workersOutput struct{ Body service.WorkersAnswer }

func (d deps) workers(ctx context.Context, who caller, _ *nothing) (*workersOutput, error) {
	a, err := d.Workers(ctx, service.WorkersRequest{Tenant: who.tenant, Reach: who.Repositories})
	return &workersOutput{a}, err
}

type activityInput struct {
	Minutes int `query:"minutes" minimum:"1" maximum:"1440" default:"15" doc:"Width of a span."`
	Spans   int `query:"spans" minimum:"1" maximum:"200" default:"48" doc:"Number of spans; the last one is not over yet."`
}

type activityOutput struct{ Body service.ActivityAnswer }

func (d deps) activity(ctx context.Context, who caller, in *activityInput) (*activityOutput, error) {
	a, err := d.Activity(ctx, service.ActivityRequest{
		Tenant: who.tenant, Reach: who.Repositories, Width: time.Duration(in.Minutes) * time.Minute, Spans: in.Spans,
	})
	return &activityOutput{a}, err
}

type historyInput struct {
	RepositoryPath
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"100" doc:"Largest number of commits."`
}

type historyOutput struct{ Body service.HistoryAnswer }

func (d deps) history(ctx context.Context, who caller, in *historyInput) (*historyOutput, error) {
	a, err := d.History(ctx, service.HistoryRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Limit: in.Limit})
	return &historyOutput{a}, err
}

type lineageInput struct {
	FilePath
	From  int `query:"from" minimum:"0" maximum:"999999999" doc:"Number of the first chunk, from 0."`
	Limit int `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Largest number of chunks; more says that there are others."`
}

type lineageOutput struct{ Body service.LineageAnswer }

func (d deps) lineage(ctx context.Context, who caller, in *lineageInput) (*lineageOutput, error) {
	a, err := d.Lineage(ctx, service.LineageRequest{
		Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Ref, Path: in.Path, From: in.From, Limit: in.Limit,
	})
	return &lineageOutput{a}, err
}

type outlineInput struct{ FilePath }

type outlineOutput struct{ Body service.OutlineAnswer }

func (d deps) outline(ctx context.Context, who caller, in *outlineInput) (*outlineOutput, error) {
	a, err := d.Outline(ctx, service.OutlineRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Ref, Path: in.Path})
	return &outlineOutput{a}, err
}

type directoryInput struct {
	RepositoryPath
	Ref   string `query:"ref" maxLength:"1024" doc:"Branch, tag, version or full name, or one of the last commits that were indexed. Default: the only ref that is indexed."`
	Path  string `query:"path" maxLength:"4096" doc:"Path of the directory. Default: the root."`
	Skip  int    `query:"skip" minimum:"0" maximum:"999999999" doc:"Number of entries to skip."`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"Largest number of entries; more says that there are others."`
}

type directoryOutput struct{ Body service.DirectoryAnswer }

func (d deps) directory(ctx context.Context, who caller, in *directoryInput) (*directoryOutput, error) {
	a, err := d.Directory(ctx, service.DirectoryRequest{
		Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Ref, Path: in.Path, Skip: in.Skip, Limit: in.Limit,
	})
	return &directoryOutput{a}, err
}
