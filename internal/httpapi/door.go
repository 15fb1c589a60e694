package httpapi

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/leatworks/leat/internal/access"
)

// Door is a handler beside the routes, such as that of MCP. Its requests pass the same log, limits
// and check of the token as requests to routes.
type Door struct {
	Pattern string // in the form of http.ServeMux
	Handler http.Handler
	Open    bool         // requests need no token
	Scope   access.Scope // scope that a token needs; "": the door checks scopes itself
	Whole   bool         // the door serves all tenants, so it needs a token of the installation
	Stream  bool         // the answer goes on until client or server ends it
	Slow    bool         // a request may take as long as one to a slow route
	Name    string       // name of the door in the audit log; default: http
	// Challenge returns the text that follows the realm in the header WWW-Authenticate of the
	// answer to a request without a valid token. Default: nothing.
	Challenge func(*http.Request) string
	// Who says who sends a request without a header Authorization. Default: the header is required.
	Who func(*http.Request) (access.Grant, error)
	// Refuse answers a request that does not reach the handler. Default: it sends the problem.
	Refuse func(http.ResponseWriter, *http.Request, *Problem)
}

// Explain turns an error of a door's handler into a problem, as for a route. Causes go to the log,
// because they may name hosts.
func Explain(ctx context.Context, err error, log *slog.Logger) *Problem {
	return explain(ctx, err, log)
}

// CallerOf returns who sent a request to a door that needs a token, and the tenant that the request
// is for.
func CallerOf(ctx context.Context) (grant access.Grant, tenant string, ok bool) {
	who, ok := ctx.Value(callerKey{}).(caller)
	return who.Grant, who.tenant, ok
}

// door puts the check of the token and the deadline before a door's handler.
func (d deps) door(o Door) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if !o.Stream {
			timeout := d.cfg.Timeout
			if o.Slow {
				timeout *= slowFactor
			}
			bounded, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			ctx = bounded
		}
		r = r.WithContext(ctx)
		asked := humago.NewContext(&huma.Operation{}, r, w)
		if o.Open {
			o.Handler.ServeHTTP(w, r.WithContext(access.WithOrigin(ctx, origin(asked, o.Name))))
			return
		}
		admitted, err := d.admit(asked, route{scope: o.Scope, whole: o.Whole, who: o.Who, door: o.Name})
		var end func()
		if err == nil && o.Stream {
			who, _ := admitted.Value(callerKey{}).(caller)
			end, err = d.beginStream(who)
		}
		if err != nil {
			p := explain(ctx, err, d.log)
			if p.Status == http.StatusUnauthorized && o.Challenge != nil {
				p.header.Set("WWW-Authenticate", `Bearer realm="leat", `+o.Challenge(r))
			}
			if o.Refuse != nil {
				o.Refuse(w, r, p)
				return
			}
			serveProblem(w, p)
			return
		}
		if end != nil {
			defer end()
		}
		o.Handler.ServeHTTP(w, r.WithContext(admitted))
	})
}
