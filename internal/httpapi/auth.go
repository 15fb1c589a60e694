package httpapi

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

const (
	securityScheme  = "token"
	tenantParameter = "tenant"
	// maxSecret is far above the length of a token. A longer text is not looked up.
	maxSecret = 512
)

// authenticate lets a request through if its token has the route's scope and is within its rate.
func (d deps) authenticate(api huma.API, r route) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		admitted, err := d.admit(ctx, r)
		if err != nil {
			writeProblem(ctx, explain(ctx.Context(), err, d.log))
			return
		}
		next(huma.WithContext(ctx, admitted))
	}
}

// admit returns the context of a request whose token may use a route. The context says who asks,
// and from where.
func (d deps) admit(ctx huma.Context, r route) (context.Context, error) {
	who, err := d.identify(ctx, r)
	if err != nil {
		return nil, err
	}
	granted := access.WithOrigin(access.With(ctx.Context(), who.Grant), origin(ctx, r.door))
	return context.WithValue(granted, callerKey{}, who), nil
}

// origin returns where a request came from, for the audit log.
func origin(ctx huma.Context, door string) access.Origin {
	address := ctx.RemoteAddr()
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	return access.Origin{Door: cmp.Or(door, "http"), Address: address, Request: requestOf(ctx.Context()).id}
}

// identify finds out who sends a request, and whether it is within its rates.
func (d deps) identify(ctx huma.Context, r route) (who caller, err error) {
	if who.Grant, err = d.sender(ctx, r); err != nil {
		return who, err
	}
	requestOf(ctx.Context()).token = who.Token
	if wait := d.rates.take("token "+who.Token, perSecond(d.cfg.Rate, d.cfg.Burst)); wait > 0 {
		return who, &service.Error{Kind: service.Limited, Reason: "too many requests of this token: try again after the time in Retry-After", RetryAfter: wait}
	}
	if who.Requests > 0 {
		if wait := d.rates.take("tenant "+who.Tenant, perMinute(who.Requests)); wait > 0 {
			return who, &service.Error{Kind: service.Limited, Reason: "too many requests of this tenant: try again after the time in Retry-After", RetryAfter: wait}
		}
	}
	if r.scope != "" && !who.Allows(r.scope) {
		return who, denied(fmt.Sprintf("this token lacks the scope %s: use one that has it", r.scope))
	}
	if who.tenant, err = tenantOf(ctx, r, who.Grant); err != nil {
		return who, err
	}
	requestOf(ctx.Context()).tenant = who.tenant
	return who, nil
}

// sender says who sends a request, by the token of its header or by the route's own means.
func (d deps) sender(ctx huma.Context, r route) (access.Grant, error) {
	if r.who != nil && ctx.Header("Authorization") == "" {
		request, _ := humago.Unwrap(ctx)
		return r.who(request)
	}
	secret, err := bearer(ctx)
	if err != nil {
		return access.Grant{}, err
	}
	return d.cfg.Authenticate(ctx.Context(), secret)
}

// bearer returns the secret in the header Authorization (RFC 6750, section 2.1).
func bearer(ctx huma.Context) (string, error) {
	header := ctx.Header("Authorization")
	if header == "" {
		p := newProblem(ctx.Context(), http.StatusUnauthorized, "This route needs a token: send it as 'Authorization: Bearer leat_…'.")
		p.header.Set("WWW-Authenticate", `Bearer realm="leat"`)
		return "", p
	}
	scheme, secret, _ := strings.Cut(header, " ")
	if secret = strings.TrimSpace(secret); !strings.EqualFold(scheme, "Bearer") || secret == "" || len(secret) > maxSecret {
		return "", &service.Error{Kind: service.Unauthenticated, Reason: "the header Authorization is not of the form 'Bearer leat_…'"}
	}
	return secret, nil
}

// tenantOf returns the tenant that a request asks for.
func tenantOf(ctx huma.Context, r route, grant access.Grant) (string, error) {
	if r.whole {
		if grant.Tenant != "" {
			return "", denied("this route serves all tenants: use a token of the installation")
		}
		return "", nil
	}
	asked := ctx.Query(tenantParameter)
	switch {
	case asked != "" && grant.Tenant != "" && asked != grant.Tenant:
		return "", denied("this token belongs to another tenant: leave out the parameter tenant")
	case grant.Tenant != "":
		return grant.Tenant, nil
	}
	asked = cmp.Or(asked, events.DefaultTenant)
	if err := events.CheckTenant(asked); err != nil {
		return "", &service.Error{Kind: service.Invalid, Field: service.FieldTenant, Err: err}
	}
	return asked, nil
}

func denied(reason string) error { return &service.Error{Kind: service.Denied, Reason: reason} }

// writeProblem answers with an error before the handler is reached.
func writeProblem(ctx huma.Context, p *Problem) {
	for name, values := range p.header {
		for _, value := range values {
			ctx.AppendHeader(name, value)
		}
	}
	ctx.SetHeader("Content-Type", p.ContentType(""))
	ctx.SetStatus(p.Status)
	_ = jsonFormat.Marshal(ctx.BodyWriter(), p) // it fails only if the client has gone
}
