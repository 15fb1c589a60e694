package httpapi

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/verify"
)

// registerIndex registers the routes that serve all tenants: the generations of the index, the
// syncer's work, and the pending work of the stages.
func registerIndex(api huma.API, d deps) {
	const tag = "installation"
	get(api, d, route{
		id: "list-generations", path: "/generations", tag: tag, scope: access.ScopeRead, whole: true,
		summary: "List the generations of the index, and the progress of the one that is being built",
	}, d.generations)
	get(api, d, route{
		id: "get-generation", path: "/generations/{number}", tag: tag, scope: access.ScopeRead, whole: true,
		summary: "Show a generation",
	}, d.generation)
	post(api, d, route{
		id: "rebuild", path: "/generations", tag: tag, scope: access.ScopeOperate, whole: true, status: 202,
		summary: "Build a new index beside the one that serves searches",
	}, d.rebuild)
	post(api, d, route{
		id: "roll-back", path: "/generations/rollback", tag: tag, scope: access.ScopeOperate, whole: true, status: 202,
		summary: "Make a retired generation serve searches again",
	}, d.rollBack)
	post(api, d, route{
		id: "cancel-rebuild", path: "/generations/cancel", tag: tag, scope: access.ScopeOperate, whole: true,
		summary: "Cancel the rebuild or rollback that is under way",
	}, d.cancelRebuild)
	get(api, d, route{
		id: "get-sync", path: "/sync", tag: tag, scope: access.ScopeRead, whole: true,
		summary: "Show the last run of each kind of the syncer's work",
	}, d.sync)
	get(api, d, route{
		id: "get-scale", path: "/scale/{stage}", tag: tag, scope: access.ScopeRead, whole: true,
		summary: "Count the pending work of a stage, for an autoscaler",
		text:    "KEDA's metrics-api scaler takes `pending`.",
	}, d.scale)
	get(api, d, route{
		id: "get-digest", path: "/digest", tag: "repositories", scope: access.ScopeRead, slow: true,
		summary: "Hash the content of the index",
	}, d.digest)
	post(api, d, route{
		id: "verify", path: "/verify", tag: tag, scope: access.ScopeOperate, whole: true, slow: true, repeats: true,
		summary: "Compare the catalog with the index and the object store",
		text: "With `repair`, points and objects are first brought in line with the catalog. The request then waits for the workers. " +
			"Lost texts are read from git again if the gateway has a directory for mirrors (`--git-dir`). " +
			"With `list`, each difference is named; `next` continues the list, which takes another comparison.",
	}, d.verify)
}

type nothing struct{}

type generationsOutput struct{ Body service.GenerationsAnswer }

func (d deps) generations(ctx context.Context, _ caller, _ *nothing) (*generationsOutput, error) {
	a, err := d.Generations(ctx)
	return &generationsOutput{a}, err
}

type generationInput struct {
	Number int64 `path:"number" minimum:"1"`
}

type generationOutput struct {
	Body struct {
		Generation service.Generation `json:"generation"`
	}
}

func (d deps) generation(ctx context.Context, _ caller, in *generationInput) (*generationOutput, error) {
	return d.shown(ctx, in.Number, nil)
}

// shown answers with a generation after it has changed.
func (d deps) shown(ctx context.Context, number int64, err error) (*generationOutput, error) {
	if err != nil {
		return nil, err
	}
	g, found, err := d.Generation(ctx, number)
	if err == nil && !found {
		err = &service.Error{Kind: service.NotFound, Reason: fmt.Sprintf("there is no generation %d", number)}
	}
	out := &generationOutput{}
	out.Body.Generation = g
	return out, err
}

type rebuildInput struct {
	Body struct {
		Embedder string `json:"embedder,omitempty" maxLength:"256" doc:"Model of the new generation; absent: the active one's."`
		From     string `json:"from,omitempty" enum:"stream,catalog" default:"stream" doc:"stream: replay the messages, then add what the catalog finds missing. catalog: take everything from the catalog at once."`
	}
}

func (d deps) rebuild(ctx context.Context, _ caller, in *rebuildInput) (*generationOutput, error) {
	number, err := d.Rebuild(ctx, service.RebuildRequest{Embedder: in.Body.Embedder, From: catalog.GenerationSource(in.Body.From)})
	return d.shown(ctx, number, err)
}

type rollBackInput struct {
	Body struct {
		Number int64 `json:"number,omitempty" minimum:"1" doc:"Number of the generation; absent: the one that was retired last."`
	}
}

func (d deps) rollBack(ctx context.Context, _ caller, in *rollBackInput) (*generationOutput, error) {
	number, err := d.RollBack(ctx, in.Body.Number)
	return d.shown(ctx, number, err)
}

type cancelOutput struct {
	Body struct {
		Number     int64                      `json:"number" doc:"Number of the cancelled generation."`
		Generation orNull[service.Generation] `json:"generation" doc:"Null: the generation is gone."`
	}
}

func (d deps) cancelRebuild(ctx context.Context, _ caller, _ *nothing) (*cancelOutput, error) {
	number, err := d.CancelRebuild(ctx)
	if err != nil {
		return nil, err
	}
	out := &cancelOutput{}
	out.Body.Number = number
	g, found, err := d.Generation(ctx, number)
	if found {
		out.Body.Generation.value = &g
	}
	return out, err
}

type syncOutput struct{ Body service.SyncAnswer }

func (d deps) sync(ctx context.Context, _ caller, _ *nothing) (*syncOutput, error) {
	a, err := d.SyncStatus(ctx)
	return &syncOutput{a}, err
}

type scaleInput struct {
	Stage string `path:"stage" enum:"ingestor,embedder,indexer"`
	Lane  string `query:"lane" enum:"live,bulk" doc:"Only this lane. Default: both."`
}

type scaleOutput struct{ Body service.ScaleAnswer }

func (d deps) scale(ctx context.Context, _ caller, in *scaleInput) (*scaleOutput, error) {
	a, err := d.Scale(ctx, in.Stage, events.Lane(in.Lane))
	return &scaleOutput{a}, err
}

type digestInput struct {
	Repository string `query:"repository" maxLength:"4096" doc:"Only this repository. Default: all repositories of the tenant."`
	AnyTenant  bool   `query:"any_tenant" doc:"Without a repository: all tenants. Needs a token of the installation."`
}

type digestOutput struct{ Body service.DigestAnswer }

func (d deps) digest(ctx context.Context, who caller, in *digestInput) (*digestOutput, error) {
	a, err := d.Digest(ctx, service.ScopeRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, AnyTenant: in.AnyTenant})
	return &digestOutput{a}, err
}

type verifyInput struct {
	Body struct {
		Tenant     string `json:"tenant,omitempty" maxLength:"63" doc:"Only points of this tenant; absent: all tenants."`
		Repository string `json:"repository,omitempty" maxLength:"4096" doc:"Only points of this repository of the tenant."`
		Grace      string `json:"grace,omitempty" maxLength:"32" default:"1h" doc:"Age from which an object that the catalog does not know counts as a difference."`
		Repair     bool   `json:"repair,omitempty" doc:"Bring points and objects in line with the catalog first."`
		List       int    `json:"list,omitempty" minimum:"0" maximum:"10000" doc:"Largest number of differences to name; absent: none."`
		Cursor     string `json:"cursor,omitempty" maxLength:"256" doc:"Continues a list: next of the previous answer."`
	}
}

type verifyOutput struct {
	Body struct {
		verify.Report
		Repaired    *verify.Repaired `json:"repaired,omitempty"`
		Differences []difference     `json:"differences,omitempty"`
		Next        string           `json:"next,omitempty" doc:"Cursor of the next page; absent: this is the last."`
	}
}

func (d deps) verify(ctx context.Context, _ caller, in *verifyInput) (*verifyOutput, error) {
	grace, err := time.ParseDuration(in.Body.Grace)
	if err != nil || grace < 0 {
		return nil, &service.Error{Kind: service.Invalid, Field: service.FieldAge, Value: in.Body.Grace, Reason: "give a duration, for example 1h"}
	}
	request := service.VerifyRequest{Grace: grace, ScopeRequest: service.ScopeRequest{
		Tenant: in.Body.Tenant, Repository: in.Body.Repository, AnyTenant: in.Body.Tenant == "",
	}}
	if request.Tenant == "" {
		request.Tenant = events.DefaultTenant
	}
	out := &verifyOutput{}
	if in.Body.Repair {
		did, err := d.Repair(ctx, request)
		if err != nil {
			return nil, err
		}
		out.Body.Repaired = &did
	}
	found := differences{most: min(in.Body.List, mostDifferences)}
	if in.Body.List > 0 {
		if found.after, err = place[string]("difference", in.Body.Cursor); err != nil {
			return nil, err
		}
		request.Found = found.add
	}
	if out.Body.Report, err = d.Verify(ctx, request); err != nil {
		return nil, err
	}
	out.Body.Differences = found.list
	out.Body.Next, err = found.next()
	return out, err
}
