package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/catalog"
)

// InstallationFlag is the parameter of routes that also serve the installation's own tokens. It is
// exported because huma ignores unexported embedded types.
type InstallationFlag struct {
	Installation bool `query:"installation" doc:"The installation's own tokens instead of a tenant's. Needs a token of the installation."`
}

type tokensInput struct {
	Page
	InstallationFlag
}

type tokensOutput struct {
	Body struct {
		Tokens []catalog.Token `json:"tokens" nullable:"false"`
		Next   string          `json:"next,omitempty" doc:"Cursor of the next page; absent: this is the last."`
	}
}

type createTokenInput struct {
	Body struct {
		Name         string   `json:"name" minLength:"1" maxLength:"100" doc:"Who uses it."`
		Scopes       []string `json:"scopes" minItems:"1" maxItems:"5" enum:"read,search,submit,operate,admin" nullable:"false" doc:"What the token may do. No scope implies another."`
		Repositories []string `json:"repositories,omitempty" maxItems:"64" nullable:"false" doc:"Globs over names of repositories, such as github.com/acme/*: * stays in a segment, ** does not. Default: all repositories of the tenant."`
		Seconds      int64    `json:"expires_in_seconds,omitempty" minimum:"1" maximum:"3153600000" doc:"Seconds until the token expires. Default: it never expires."`
	}
}

// createdToken is a token with its secret.
type createdToken struct {
	catalog.Token
	Secret string `json:"token" doc:"The token itself. Nothing shows it again."`
}

type createdTokenOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         createdToken
}

type TokenPath struct {
	InstallationFlag
	ID string `path:"token" maxLength:"64" doc:"The token's id."`
}

type tokenOutput struct{ Body catalog.Token }

type rotateTokenInput struct {
	TokenPath
	Body struct {
		Overlap int64 `json:"overlap_seconds,omitempty" minimum:"0" maximum:"2592000" doc:"Seconds for which the old token stays valid. Default: none."`
	}
}

func registerToken(api huma.API, d deps) {
	const text = "A token can only manage tokens that may do no more than itself: it must have their scopes and reach their repositories."
	get(api, d, route{
		id: "list-tokens", path: "/tokens", tag: "tokens", scope: access.ScopeAdmin,
		summary: "List tokens without their secrets, oldest first", text: "Includes revoked and expired tokens.",
	}, d.listTokens)
	post(api, d, route{
		id: "create-token", path: "/tokens", tag: "tokens", scope: access.ScopeAdmin, status: http.StatusCreated,
		summary: "Create a token", text: text,
	}, d.createToken)
	get(api, d, route{id: "get-token", path: "/tokens/{token}", tag: "tokens", scope: access.ScopeAdmin, summary: "Show a token without its secret"}, d.getToken)
	post(api, d, route{
		id: "rotate-token", path: "/tokens/{token}/rotate", tag: "tokens", scope: access.ScopeAdmin, status: http.StatusCreated,
		summary: "Replace a token by a new one; the old one may stay valid for a while", text: text,
	}, d.rotateToken)
	remove(api, d, route{
		id: "revoke-token", path: "/tokens/{token}", tag: "tokens", scope: access.ScopeAdmin,
		summary: "Revoke a token", text: "Every gateway refuses it within seconds.",
	}, d.revokeToken)
}

func (d deps) listTokens(ctx context.Context, who caller, in *tokensInput) (*tokensOutput, error) {
	after, err := place[string]("tokens", in.Cursor)
	if err != nil {
		return nil, err
	}
	r := service.TokensRequest{Tenant: who.tenant, Reach: who.Repositories, Installation: in.Installation, Limit: in.Limit}
	if after != "" {
		if r.After, err = uuid.Parse(after); err != nil {
			return nil, &service.Error{Kind: service.Invalid, Field: service.FieldCursor, Reason: "this cursor does not belong to this list: begin without one"}
		}
	}
	answer, err := d.Tokens(ctx, r)
	out := &tokensOutput{}
	out.Body.Tokens = append([]catalog.Token{}, answer.Tokens...)
	if answer.Next != uuid.Nil {
		out.Body.Next = cursor("tokens", answer.Next.String())
	}
	return out, err
}

func (d deps) createToken(ctx context.Context, who caller, in *createTokenInput) (*createdTokenOutput, error) {
	created, err := d.CreateToken(ctx, service.CreateTokenRequest{
		Tenant: who.tenant, Reach: who.Repositories, Name: in.Body.Name, Scopes: in.Body.Scopes, Repositories: in.Body.Repositories,
		Lifetime: time.Duration(in.Body.Seconds) * time.Second,
	})
	return &createdTokenOutput{"no-store", createdToken{created.Token, created.Secret}}, err
}

func (d deps) getToken(ctx context.Context, who caller, in *TokenPath) (*tokenOutput, error) {
	t, err := d.Token(ctx, in.request(who))
	return &tokenOutput{t}, err
}

func (d deps) rotateToken(ctx context.Context, who caller, in *rotateTokenInput) (*createdTokenOutput, error) {
	created, err := d.RotateToken(ctx, service.RotateTokenRequest{TokenRequest: in.request(who), Overlap: time.Duration(in.Body.Overlap) * time.Second})
	return &createdTokenOutput{"no-store", createdToken{created.Token, created.Secret}}, err
}

func (d deps) revokeToken(ctx context.Context, who caller, in *TokenPath) (*tokenOutput, error) {
	t, err := d.RevokeToken(ctx, in.request(who))
	return &tokenOutput{t}, err
}

// request names the token. An id of another form belongs to no token.
func (in TokenPath) request(who caller) service.TokenRequest {
	id, _ := uuid.Parse(in.ID)
	return service.TokenRequest{Tenant: who.tenant, Reach: who.Repositories, Installation: in.Installation, ID: id}
}
