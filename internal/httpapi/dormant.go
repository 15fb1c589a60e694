package httpapi

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

// registerDormant registers the routes that remove the points of refs from the index and bring them
// back.
func registerDormant(api huma.API, d deps) {
	post(api, d, route{
		id: "wake", path: "/repositories/{repository}/wake", tag: "repositories", scope: access.ScopeSearch, status: 202,
		summary: "Bring sleeping refs back into the index",
		text:    "A search that names the repository does the same. Nothing is embedded. Repeat the request to see which refs are still waking.",
	}, d.wake)
	post(api, d, route{
		id: "sleep", path: "/repositories/{repository}/sleep", tag: "repositories", scope: access.ScopeOperate, status: 202,
		summary: "Take refs out of the index until somebody searches them",
		text:    "Their files can be read meanwhile, and their texts and vectors stay.",
	}, d.sleep)
}

type turnInput struct {
	RepositoryPath
	Ref string `query:"ref" maxLength:"1024" doc:"Only this branch, tag or version; absent: all indexed refs."`
}

func (in turnInput) request(who caller) service.TurnRequest {
	return service.TurnRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Ref}
}

type turnOutput struct{ Body service.TurnAnswer }

func (d deps) wake(ctx context.Context, who caller, in *turnInput) (*turnOutput, error) {
	a, err := d.Wake(ctx, in.request(who))
	return &turnOutput{a}, err
}

func (d deps) sleep(ctx context.Context, who caller, in *turnInput) (*turnOutput, error) {
	a, err := d.Sleep(ctx, in.request(who))
	return &turnOutput{a}, err
}
