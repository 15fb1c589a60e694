package httpapi

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/leatworks/leat/internal/access"
)

// Door is a handler beside the routes, such as that of MCP. Its requests pass what those
// of the routes pass: the log, the limits, and the token.
type Door struct {
	Pattern string // as http.ServeMux has it
	Handler http.Handler
	Open    bool         // it takes no token
	Scope   access.Scope // that a token needs; "": the door checks scopes by itself
	Whole   bool         // it serves all tenants, so that it takes a token of the installation
	Stream  bool         // the answer goes on until one of the two ends it
	Slow    bool         // a request may take as long as one of the slow routes
	Name    string       // of the door in the audit log; default: http
	// Challenge is added to the realm in the answer to a request without a valid token, in the
	// header WWW-Authenticate. Default: nothing.
	Challenge func(*http.Request) string
	// Who says who sends a request, where no header Authorization does. Default: the
	// header is needed.
	Who func(*http.Request) (access.Grant, error)
	// Refuse answers a request that does not reach the handler. Default: with the problem.
	Refuse func(http.ResponseWriter, *http.Request, *Problem)
}

// Explain turns an error of a door's handler into a problem, as those of the routes.
// Causes that may name hosts go to the log.
func Explain(ctx context.Context, err error, log *slog.Logger) *Problem {
	return explain(ctx, err, log)
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
