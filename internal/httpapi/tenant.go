package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/catalog"
)

type tenantsInput struct{ Page }

type tenantsOutput struct {
	Body struct {
		Tenants []catalog.Tenant `json:"tenants" nullable:"false"`
		Next    string           `json:"next,omitempty" doc:"Cursor of the next page; absent: this is the last."`
	}
}

// TenantChange is a change of a tenant. An absent field stays as it is.
type TenantChange struct {
	Repositories      *int64   `json:"repositories,omitempty" minimum:"0" doc:"Largest number of repositories. 0: no limit."`
	Documents         *int64   `json:"documents,omitempty" minimum:"0" doc:"Largest number of documents in all repositories together. 0: no limit."`
	Tokens            *int64   `json:"tokens_day,omitempty" minimum:"0" doc:"Largest number of tokens that embedding may take a day. 0: only the installation's limit applies."`
	Cost              *float64 `json:"cost_day,omitempty" minimum:"0" doc:"Largest cost of embedding a day. 0: only the installation's limit applies."`
	Requests          *int     `json:"requests_minute,omitempty" minimum:"0" maximum:"2147483647" doc:"Largest number of requests a minute, at all gateways together. 0: only the gateway's limit applies."`
	SharesCredentials *bool    `json:"shares_credentials,omitempty" doc:"Whether the tenant may also fetch with the installation's git credentials."`
}

func (l TenantChange) request(name string) service.SetTenantRequest {
	return service.SetTenantRequest{
		Tenant: name, Repositories: l.Repositories, Documents: l.Documents, Tokens: l.Tokens, Cost: l.Cost, Requests: l.Requests, SharesCredentials: l.SharesCredentials,
	}
}

type createTenantInput struct {
	Body struct {
		Name string `json:"name" pattern:"^[a-z0-9][a-z0-9_-]{0,62}$"`
		TenantChange
	}
}

// TenantPath names the tenant of a path below /tenants.
type TenantPath struct {
	Name string `path:"name" maxLength:"63"`
}

type setTenantInput struct {
	TenantPath
	Body TenantChange
}

type tenantOutput struct{ Body catalog.Tenant }

func registerTenant(api huma.API, d deps) {
	get(api, d, route{
		id: "list-tenants", path: "/tenants", tag: "tenants", scope: access.ScopeAdmin, whole: true, summary: "List tenants by name, with their limits",
	}, d.listTenants)
	post(api, d, route{
		id: "create-tenant", path: "/tenants", tag: "tenants", scope: access.ScopeAdmin, whole: true, status: http.StatusCreated, summary: "Create a tenant",
	}, d.createTenant)
	register(api, d, http.MethodPatch, route{
		id: "set-tenant", path: "/tenants/{name}", tag: "tenants", scope: access.ScopeAdmin, whole: true, summary: "Change limits of a tenant",
	}, d.setTenant)
	remove(api, d, route{
		id: "delete-tenant", path: "/tenants/{name}", tag: "tenants", scope: access.ScopeAdmin, whole: true, status: http.StatusNoContent,
		summary: "Delete a tenant without repositories, with its tokens and credentials",
	}, d.deleteTenant)
}

func (d deps) listTenants(ctx context.Context, _ caller, in *tenantsInput) (*tenantsOutput, error) {
	after, err := place[string]("tenants", in.Cursor)
	if err != nil {
		return nil, err
	}
	answer, err := d.Tenants(ctx, service.TenantsRequest{After: after, Limit: in.Limit})
	out := &tenantsOutput{}
	out.Body.Tenants = append([]catalog.Tenant{}, answer.Tenants...)
	out.Body.Next = cursor("tenants", answer.Next)
	return out, err
}

func (d deps) createTenant(ctx context.Context, who caller, in *createTenantInput) (*tenantOutput, error) {
	r := in.Body.request(in.Body.Name).Create()
	r.Reach = who.Repositories
	t, err := d.CreateTenant(ctx, r)
	return &tenantOutput{t}, err
}

func (d deps) setTenant(ctx context.Context, who caller, in *setTenantInput) (*tenantOutput, error) {
	r := in.Body.request(in.Name)
	r.Reach = who.Repositories
	t, err := d.SetTenant(ctx, r)
	return &tenantOutput{t}, err
}

func (d deps) deleteTenant(ctx context.Context, who caller, in *TenantPath) (*struct{}, error) {
	return nil, d.DeleteTenant(ctx, service.DeleteTenantRequest{Tenant: in.Name, Reach: who.Repositories})
}
