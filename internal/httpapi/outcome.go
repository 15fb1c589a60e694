package httpapi

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

// registerOutcome registers the routes about the outcome of files: skipped, masked, failed, and the
// cost of embedding.
func registerOutcome(api huma.API, d deps) {
	get(api, d, route{
		id: "list-skipped", path: "/repositories/{repository}/skipped", tag: "repositories", scope: access.ScopeRead,
		summary: "List the files that were not indexed, and why",
	}, d.skipped)
	get(api, d, route{
		id: "list-secrets", path: "/repositories/{repository}/secrets", tag: "repositories", scope: access.ScopeRead,
		summary: "List the places of masked secrets, but never the secrets",
	}, d.secrets)
	get(api, d, route{
		id: "list-failed-of-repository", path: "/repositories/{repository}/failed", tag: "repositories", scope: access.ScopeRead,
		summary: "List the documents of a repository that failed",
	}, d.failedOf)
	get(api, d, route{
		id: "list-failed", path: "/failed", tag: "repositories", scope: access.ScopeRead,
		summary: "List the documents of all repositories that failed",
	}, d.failed)
	get(api, d, route{
		id: "get-usage", path: "/usage", tag: "usage", scope: access.ScopeRead,
		summary: "Sum up the use of embedders, by embedder and repository",
	}, d.usage)
}

type skippedInput struct {
	RepositoryPath
	Page
	Reason string `query:"reason" maxLength:"256" doc:"Only files skipped for this reason."`
}

type skippedOutput struct {
	Body struct {
		service.SkippedAnswer
		Pages
	}
}

func (d deps) skipped(ctx context.Context, who caller, in *skippedInput) (*skippedOutput, error) {
	request, err := skippedRequest(who, in.RepositoryPath, in.Page, "skipped")
	if err != nil {
		return nil, err
	}
	request.Reason = in.Reason
	out := &skippedOutput{}
	out.Body.SkippedAnswer, err = d.Skipped(ctx, request)
	out.Body.Cursor = cursor("skipped", out.Body.Next)
	return out, err
}

func skippedRequest(who caller, in RepositoryPath, part Page, kind string) (r service.SkippedRequest, err error) {
	r = service.SkippedRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Page: service.Page{Limit: part.Limit}}
	r.After, err = place[string](kind, part.Cursor)
	return r, err
}

type secretsInput struct {
	RepositoryPath
	Page
}

type secretsOutput struct {
	Body struct {
		service.SecretsAnswer
		Pages
	}
}

func (d deps) secrets(ctx context.Context, who caller, in *secretsInput) (*secretsOutput, error) {
	request, err := skippedRequest(who, in.RepositoryPath, in.Page, "secrets")
	if err != nil {
		return nil, err
	}
	out := &secretsOutput{}
	out.Body.SecretsAnswer, err = d.Secrets(ctx, request)
	out.Body.Cursor = cursor("secrets", out.Body.Next)
	return out, err
}

type failedInput struct{ Page }

type failedOfInput struct {
	RepositoryPath
	Page
}

type failedOutput struct {
	Body struct {
		service.FailedAnswer
		Pages
	}
}

func (d deps) failed(ctx context.Context, who caller, in *failedInput) (*failedOutput, error) {
	return d.failedOf(ctx, who, &failedOfInput{Page: in.Page})
}

func (d deps) failedOf(ctx context.Context, who caller, in *failedOfInput) (*failedOutput, error) {
	after, err := place[string]("failed", in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &failedOutput{}
	out.Body.FailedAnswer, err = d.Failed(ctx, service.FailedRequest{
		Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Page: service.Page{After: after, Limit: in.Limit},
	})
	out.Body.Cursor = cursor("failed", out.Body.Next)
	return out, err
}

type usageInput struct {
	Days int `query:"days" minimum:"1" maximum:"366" default:"30" doc:"Number of days back, including today, in UTC."`
}

type usageOutput struct{ Body service.UsageAnswer }

func (d deps) usage(ctx context.Context, who caller, in *usageInput) (*usageOutput, error) {
	a, err := d.Usage(ctx, service.UsageRequest{Tenant: who.tenant, Reach: who.Repositories, Days: in.Days})
	return &usageOutput{a}, err
}
