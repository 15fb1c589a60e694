package httpapi

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/catalog"
)

type auditInput struct {
	Page
	Action    string    `query:"action" maxLength:"64" doc:"Only changes of this kind, such as token or token.create."`
	Since     time.Time `query:"since" doc:"Only changes from this time on."`
	AnyTenant bool      `query:"any_tenant" doc:"Include the changes of other tenants and of the installation. Needs a token of the installation."`
}

type auditOutput struct {
	Body struct {
		Changes []catalog.AuditEntry `json:"changes" nullable:"false"`
		Next    string               `json:"next,omitempty" doc:"Cursor of the next page; absent: this is the last."`
	}
}

func registerAudit(api huma.API, d deps) {
	get(api, d, route{
		id: "list-audit", path: "/audit", tag: "audit", scope: access.ScopeAdmin, summary: "List the changes and who made them, newest first",
		text: "Needs a token that reaches all repositories of the tenant. No entry holds a secret.",
	}, d.listAudit)
}

func (d deps) listAudit(ctx context.Context, who caller, in *auditInput) (*auditOutput, error) {
	before, err := place[int64]("audit", in.Cursor)
	if err != nil {
		return nil, err
	}
	answer, err := d.Audit(ctx, service.AuditRequest{
		Tenant: who.tenant, Reach: who.Repositories, AnyTenant: in.AnyTenant, Limit: in.Limit,
		AuditFilter: catalog.AuditFilter{Action: in.Action, Since: in.Since, Before: before},
	})
	out := &auditOutput{}
	out.Body.Changes = append([]catalog.AuditEntry{}, answer.Entries...)
	out.Body.Next = cursor("audit", answer.Next)
	return out, err
}
