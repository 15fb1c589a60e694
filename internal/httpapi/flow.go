package httpapi

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

// registerFlow registers what tells of work: what is under way, what has happened, and how
// the points of a file came to be.
func registerFlow(api huma.API, d deps) {
	get(api, d, route{
		id: "get-flow", path: "/flow", tag: "pipeline", scope: access.ScopeOperate,
		summary: "Count the work under way, by stage and lane",
		text:    "`queues`, for a token of the installation, adds the messages that wait in the streams for all tenants.",
	}, d.flow)
	get(api, d, route{
		id: "list-workers", path: "/workers", tag: "pipeline", scope: access.ScopeOperate,
		summary: "List the workers, and which documents and submissions each has in hand",
		text: "A token of a tenant sees the workers that hold something of the repositories it reaches. " +
			"One of the installation sees all workers that live, their hosts and how much they hold.",
	}, d.workers)
	get(api, d, route{
		id: "get-activity", path: "/activity", tag: "pipeline", scope: access.ScopeOperate,
		summary: "Count what has happened, by spans of time",
	}, d.activity)
	get(api, d, route{
		id: "get-history", path: "/repositories/{repository}/history", tag: "repositories", scope: access.ScopeRead,
		summary: "List the newest commits that were read, and count why files are skipped",
	}, d.history)
	get(api, d, route{
		id: "get-lineage", path: "/repositories/{repository}/lineage", tag: "files", scope: access.ScopeRead,
		summary: "Tell of each chunk of a file how its point came to be",
		text:    "From the event over the commit, the blob and the chunk to the model and the point.",
	}, d.lineage)
	get(api, d, route{
		id: "get-outline", path: "/repositories/{repository}/outline", tag: "files", scope: access.ScopeRead,
		summary: "List what a file defines",
	}, d.outline)
	get(api, d, route{
		id: "list-directory", path: "/repositories/{repository}/directory", tag: "files", scope: access.ScopeRead,
		summary: "List a directory: directories first, and then files",
	}, d.directory)
}

type flowInput struct {
	Queues bool `query:"queues" doc:"Also the messages that wait for all tenants. Takes a token of the installation."`
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
	Spans   int `query:"spans" minimum:"1" maximum:"200" default:"48" doc:"How many; the last is not over."`
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
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"100" doc:"Most commits."`
}

type historyOutput struct{ Body service.HistoryAnswer }

func (d deps) history(ctx context.Context, who caller, in *historyInput) (*historyOutput, error) {
	a, err := d.History(ctx, service.HistoryRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Limit: in.Limit})
	return &historyOutput{a}, err
}

type lineageInput struct {
	FilePath
	From  int `query:"from" minimum:"0" maximum:"999999999" doc:"Number of the first chunk, from 0."`
	Limit int `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Most chunks; more says that there are others."`
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
	Path  string `query:"path" maxLength:"4096" doc:"Of the directory. Default: the root."`
	Skip  int    `query:"skip" minimum:"0" maximum:"999999999" doc:"Entries that come before the list."`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"Most entries; more says that there are others."`
}

type directoryOutput struct{ Body service.DirectoryAnswer }

func (d deps) directory(ctx context.Context, who caller, in *directoryInput) (*directoryOutput, error) {
	a, err := d.Directory(ctx, service.DirectoryRequest{
		Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Ref, Path: in.Path, Skip: in.Skip, Limit: in.Limit,
	})
	return &directoryOutput{a}, err
}
