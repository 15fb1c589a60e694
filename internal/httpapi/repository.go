package httpapi

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

// repositoryPath names the repository of a path below /repositories.
type repositoryPath struct {
	Repository string `path:"repository" maxLength:"4096" doc:"The repository's id, or its URL, its path, or the end of one of them, percent-encoded."`
}

type repositoriesInput struct {
	Repository string `query:"repository" maxLength:"4096" doc:"Only this repository: its URL, its path, the end of one of them, or its id."`
	Page
}

type repositoriesOutput struct {
	Body struct {
		service.StatusAnswer
		Next string `json:"next,omitempty" doc:"Cursor of the next page; absent: this is the last."`
	}
}

func registerRepository(api huma.API, d deps) {
	get(api, d, route{
		id: "list-repositories", path: "/repositories", tag: "repositories", scope: access.ScopeRead,
		summary: "List repositories by URL, with the state of each ref",
	}, d.repositories)
}

func (d deps) repositories(ctx context.Context, who caller, in *repositoriesInput) (*repositoriesOutput, error) {
	after, err := place[string]("repositories", in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &repositoriesOutput{}
	out.Body.StatusAnswer, err = d.Status(ctx, service.StatusRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, After: after, Limit: in.Limit})
	out.Body.Next = cursor("repositories", out.Body.StatusAnswer.Next)
	return out, err
}
