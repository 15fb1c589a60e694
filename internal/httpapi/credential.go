package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/catalog"
)

type credentialsOutput struct {
	Body struct {
		Credentials []catalog.GitCredential `json:"credentials" nullable:"false"`
	}
}

// CredentialPath names the host of a path below /credentials.
type CredentialPath struct {
	Host string `path:"host" maxLength:"260" doc:"The git host, with its port unless that is 443."`
}

type setCredentialInput struct {
	CredentialPath
	Body struct {
		User   string `json:"user,omitempty" maxLength:"1000" doc:"User name. Default: the one that the host expects with a token."`
		Secret string `json:"secret" minLength:"1" maxLength:"4096" doc:"Password or token. Nothing shows it again."`
	}
}

func registerCredential(api huma.API, d deps) {
	const text = "leat fetches the tenant's repositories at the host with it. Needs a token that reaches all repositories of the tenant."
	get(api, d, route{
		id: "list-credentials", path: "/credentials", tag: "credentials", scope: access.ScopeAdmin,
		summary: "List the git hosts for which the tenant has credentials",
	}, d.listCredentials)
	register(api, d, http.MethodPut, route{
		id: "set-credential", path: "/credentials/{host}", tag: "credentials", scope: access.ScopeAdmin, status: http.StatusNoContent,
		summary: "Store or replace the credential for a git host", text: text,
	}, d.setCredential)
	remove(api, d, route{
		id: "remove-credential", path: "/credentials/{host}", tag: "credentials", scope: access.ScopeAdmin, status: http.StatusNoContent,
		summary: "Delete the credential for a git host",
	}, d.removeCredential)
}

func (d deps) listCredentials(ctx context.Context, who caller, _ *struct{}) (*credentialsOutput, error) {
	list, err := d.Credentials(ctx, service.CredentialsRequest{Tenant: who.tenant, Reach: who.Repositories})
	out := &credentialsOutput{}
	out.Body.Credentials = append([]catalog.GitCredential{}, list...)
	return out, err
}

func (d deps) setCredential(ctx context.Context, who caller, in *setCredentialInput) (*struct{}, error) {
	_, err := d.SetCredential(ctx, service.SetCredentialRequest{
		CredentialRequest: in.request(who), User: in.Body.User, Secret: in.Body.Secret,
	})
	return nil, err
}

func (d deps) removeCredential(ctx context.Context, who caller, in *CredentialPath) (*struct{}, error) {
	return nil, d.RemoveCredential(ctx, in.request(who))
}

func (in CredentialPath) request(who caller) service.CredentialRequest {
	return service.CredentialRequest{Tenant: who.tenant, Reach: who.Repositories, Host: in.Host}
}
