package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/leatworks/leat/internal/access"
)

// Door is a handler beside the routes, such as that of MCP. Its requests pass what those
// of the routes pass: the log, the limits, and the token, of which the door checks the
// scopes by itself.
type Door struct {
	Pattern string // as http.ServeMux has it
	Handler http.Handler
	Open    bool // it takes no token
	// Challenge is what a request without a valid token is told beside the realm, in the
	// header WWW-Authenticate. Default: nothing.
	Challenge func(*http.Request) string
}

// CallerOf returns who sent a request to a door that takes a token, and the tenant that
// the request is for.
func CallerOf(ctx context.Context) (grant access.Grant, tenant string, ok bool) {
	who, ok := ctx.Value(callerKey{}).(caller)
	return who.Grant, who.tenant, ok
}

// door puts the token and the deadline before a door's handler.
func (d deps) door(o Door) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), d.cfg.Timeout)
		defer cancel()
		r = r.WithContext(ctx)
		if o.Open {
			o.Handler.ServeHTTP(w, r)
			return
		}
		admitted, err := d.admit(humago.NewContext(&huma.Operation{}, r, w), route{})
		if err != nil {
			p := explain(ctx, err, d.log)
			if p.Status == http.StatusUnauthorized && o.Challenge != nil {
				p.header.Set("WWW-Authenticate", `Bearer realm="leat", `+o.Challenge(r))
			}
			serveProblem(w, p)
			return
		}
		o.Handler.ServeHTTP(w, r.WithContext(admitted))
	})
}
