package httpapi

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

// RepositoryPath names the repository of a path below /repositories.
type RepositoryPath struct {
	Repository string `path:"repository" minLength:"1" maxLength:"4096" doc:"The repository's id, its URL, its path, or the end of URL or path, percent-encoded."`
}

// Pages is the part of an answer that leads to the next page.
type Pages struct {
	Cursor string `json:"next,omitempty" doc:"Cursor of the next page; absent: this is the last."`
}

type repositoriesInput struct {
	Repository string `query:"repository" maxLength:"4096" doc:"Only this repository: its URL, its path, the end of either, or its id."`
	Page
}

type repositoriesOutput struct {
	Body struct {
		service.StatusAnswer
		Pages
	}
}

type repositoryInput struct{ RepositoryPath }

type statusOutput struct{ Body service.StatusAnswer }

type refsOutput struct{ Body service.RefsAnswer }

func registerRepository(api huma.API, d deps) {
	get(api, d, route{
		id: "list-repositories", path: "/repositories", tag: "repositories", scope: access.ScopeRead,
		summary: "List repositories by URL, with the state of each ref",
	}, d.repositories)
	post(api, d, route{
		id: "submit-repository", path: "/repositories", tag: "repositories", scope: access.ScopeSubmit, status: 202, repeats: true,
		summary: "Have a repository indexed at a ref",
		text: "Answers once the intake has the submission on disk. `/submissions/{id}` shows its state. With an `Idempotency-Key`, a request that is " +
			"sent again is the same submission.",
	}, d.submit)
	get(api, d, route{
		id: "get-repository", path: "/repositories/{repository}", tag: "repositories", scope: access.ScopeRead,
		summary: "Show a repository with the state of each ref",
	}, d.repository)
	get(api, d, route{
		id: "get-repository-status", path: "/repositories/{repository}/status", tag: "repositories", scope: access.ScopeRead,
		summary: "Count the documents of each ref by state",
	}, d.repository)
	get(api, d, route{
		id: "list-refs", path: "/repositories/{repository}/refs", tag: "repositories", scope: access.ScopeRead,
		summary: "List the refs of a repository, without counting documents",
	}, d.refs)
	remove(api, d, route{
		id: "forget-repository", path: "/repositories/{repository}", tag: "repositories", scope: access.ScopeOperate, status: 202,
		summary: "Remove a repository, or one of its refs, from the index",
		text:    "The syncer removes it; the repository is listed until its last point is gone. With `preview` nothing changes.",
	}, d.forget)
	remove(api, d, route{
		id: "forget-repositories", path: "/repositories", tag: "repositories", scope: access.ScopeOperate, status: 202,
		summary: "Remove all repositories of a tenant that the token reaches from the index",
		text:    "They are listed until their last points are gone. With `preview` nothing changes. Without it, `all` must confirm that all are meant.",
	}, d.forgetAll)
	post(api, d, route{
		id: "approve-removal", path: "/repositories/{repository}/approve", tag: "repositories", scope: access.ScopeOperate,
		summary: "Approve a commit that removes most of a ref's documents",
		text:    "`approved` is null if no commit waits.",
	}, d.approve)
}

func (d deps) repositories(ctx context.Context, who caller, in *repositoriesInput) (*repositoriesOutput, error) {
	after, err := place[string]("repositories", in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &repositoriesOutput{}
	out.Body.StatusAnswer, err = d.Status(ctx, service.StatusRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, After: after, Limit: in.Limit})
	out.Body.Cursor = cursor("repositories", out.Body.Next)
	return out, err
}

func (d deps) repository(ctx context.Context, who caller, in *repositoryInput) (*statusOutput, error) {
	a, err := d.Status(ctx, service.StatusRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository})
	return &statusOutput{a}, err
}

func (d deps) refs(ctx context.Context, who caller, in *repositoryInput) (*refsOutput, error) {
	a, err := d.Refs(ctx, service.TracksRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository})
	return &refsOutput{a}, err
}

type submitInput struct {
	OnceHeader
	Body struct {
		Repository string `json:"repository" minLength:"1" maxLength:"2048" doc:"An https or ssh URL, or an absolute path of the ingestor's machine if it allows that."`
		Ref        string `json:"ref,omitempty" maxLength:"1024" doc:"Branch, tag or full name; absent: the remote's default branch."`
	}
}

// OnceHeader is the header of requests that may be sent again.
type OnceHeader struct {
	Key string `header:"Idempotency-Key" maxLength:"255" doc:"A text of the client's choice: the request is done once, however often it is sent with this text."`
}

type submitOutput struct{ Body service.Submitted }

func (d deps) submit(ctx context.Context, who caller, in *submitInput) (*submitOutput, error) {
	if name := in.Body.Repository; !strings.Contains(name, ":") && !filepath.IsAbs(name) {
		return nil, &service.Error{Kind: service.Invalid, Field: service.FieldRepository, Reason: "give a URL, such as https://forge.example/mill/sluice"}
	}
	request := service.SubmitRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Body.Repository, Ref: in.Body.Ref}
	if in.Key != "" {
		request.Once = who.Token + "\x00" + in.Key
	}
	n, err := d.Submit(ctx, request)
	return &submitOutput{n.Submitted()}, err
}

type forgetInput struct {
	RepositoryPath
	Ref     string `query:"ref" maxLength:"1024" doc:"Only this branch or tag."`
	Preview bool   `query:"preview" doc:"Only list what would be removed."`
}

type forgetAllInput struct {
	All     bool `query:"all" doc:"Confirms that every repository is meant."`
	Preview bool `query:"preview" doc:"Only list what would be removed."`
}

type forgetOutput struct {
	Body struct {
		Forgetting []forgotten `json:"forgetting" nullable:"false"`
		Preview    bool        `json:"preview,omitempty" doc:"This is a preview: nothing has changed."`
	}
}

// forgotten is a ref that is being removed from the index.
type forgotten struct {
	ID        string `json:"id" doc:"Id of the repository."`
	URL       string `json:"url"`
	Ref       string `json:"ref"`
	Documents int64  `json:"documents"`
}

func (d deps) forget(ctx context.Context, who caller, in *forgetInput) (*forgetOutput, error) {
	return d.forgetting(ctx, service.ForgetRequest{
		Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Ref, Confirmed: !in.Preview,
	})
}

func (d deps) forgetAll(ctx context.Context, who caller, in *forgetAllInput) (*forgetOutput, error) {
	if !in.All && !in.Preview {
		return nil, &service.Error{Kind: service.Invalid, Field: "all", Reason: "every repository of the tenant would be forgotten: send all=true if that is meant, or preview=true to see which"}
	}
	return d.forgetting(ctx, service.ForgetRequest{Tenant: who.tenant, Reach: who.Repositories, AllOfTenant: true, Confirmed: !in.Preview})
}

func (d deps) forgetting(ctx context.Context, r service.ForgetRequest) (*forgetOutput, error) {
	tracks, err := d.Forget(ctx, r)
	out := &forgetOutput{}
	out.Body.Preview, out.Body.Forgetting = !r.Confirmed, make([]forgotten, len(tracks))
	for i, t := range tracks {
		out.Body.Forgetting[i] = forgotten{t.ID, t.URL, t.Ref, t.Documents.Total}
	}
	return out, err
}

type approveInput struct {
	RepositoryPath
	Ref string `query:"ref" maxLength:"1024" doc:"The branch or tag that waits, if several do."`
}

type approveOutput struct {
	Body struct {
		Approved orNull[service.Approval] `json:"approved"`
	}
}

func (d deps) approve(ctx context.Context, who caller, in *approveInput) (*approveOutput, error) {
	approved, found, err := d.Approve(ctx, service.ApproveRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Ref})
	out := &approveOutput{}
	if found {
		out.Body.Approved.value = &approved
	}
	return out, err
}
