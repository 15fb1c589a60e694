package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/leatworks/leat/internal/access"
)

// prefix begins the path of every route.
const prefix = "/api/v1"

// route is an operation with its requirements.
type route struct {
	id      string // of the operation, such as search
	path    string // below prefix
	tag     string // subject, such as repositories
	summary string // one line
	text    string // longer description, in Markdown
	scope   access.Scope
	status  int // of success; 0: 200

	// whole says that the route serves all tenants, so it needs a token of the installation.
	whole bool
	// stream says that the answer goes on until client or server ends it.
	stream bool
	// slow says that the request may take slowFactor times as long as others.
	slow bool
	// repeats says that a POST changes nothing, or recognises by itself a request that is sent
	// again.
	repeats bool
	// bytes lists the media types of the answer if it is not JSON.
	bytes []string
	// takes lists the media types of the request's body if the handler reads and bounds it while it
	// arrives.
	takes []string

	// who says who sends a request without the header Authorization; nil: such a request is
	// refused.
	who func(*http.Request) (access.Grant, error)
	// door names the door in the audit log; "": http.
	door string
}

// caller says who asks, and for which tenant.
type caller struct {
	access.Grant
	tenant string // "" on a route of the whole installation
}

type callerKey struct{}

// handler answers one operation. explain turns each error that it returns into an answer.
type handler[I, O any] func(ctx context.Context, who caller, in *I) (*O, error)

func get[I, O any](api huma.API, d deps, r route, handle handler[I, O]) {
	register(api, d, http.MethodGet, r, handle)
}

func post[I, O any](api huma.API, d deps, r route, handle handler[I, O]) {
	register(api, d, http.MethodPost, r, handle)
}

func remove[I, O any](api huma.API, d deps, r route, handle handler[I, O]) {
	register(api, d, http.MethodDelete, r, handle)
}

// register adds an operation to the API. The operation needs a token with the route's scope.
func register[I, O any](api huma.API, d deps, method string, r route, handle handler[I, O]) {
	op := huma.Operation{
		OperationID: r.id, Method: method, Path: prefix + r.path, Summary: r.summary, Description: r.description(), Tags: []string{r.tag},
		DefaultStatus: r.status, MaxBodyBytes: d.cfg.MaxBody, Responses: r.responses(api), Parameters: r.parameters(method),
		Security:    []map[string][]string{{securityScheme: {string(r.scope)}}},
		Middlewares: huma.Middlewares{d.known, d.within(r), d.authenticate(api, r)},
	}
	if method == http.MethodPost && !r.repeats {
		op.Middlewares = append(op.Middlewares, d.once(r))
	}
	if len(r.takes) > 0 {
		op.RequestBody = &huma.RequestBody{Required: true, Content: make(map[string]*huma.MediaType)}
		for _, kind := range r.takes {
			op.RequestBody.Content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
		}
	}
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		who, _ := ctx.Value(callerKey{}).(caller)
		out, err := handle(ctx, who, in)
		if err != nil {
			return nil, explain(ctx, err, d.log)
		}
		return out, nil
	})
}

func (r route) description() string {
	needs := fmt.Sprintf("Needs a token with the scope `%s`.", r.scope)
	if r.whole {
		needs = fmt.Sprintf("Needs a token of the installation with the scope `%s`.", r.scope)
	}
	if r.text == "" {
		return needs
	}
	return r.text + "\n\n" + needs
}

// responses describes the error, and also the success if huma cannot.
func (r route) responses(api huma.API) map[string]*huma.Response {
	schema := api.OpenAPI().Components.Schemas.Schema(problemType, true, "Problem")
	all := map[string]*huma.Response{"default": {
		Description: "An error: detail says what happened, and what to do.",
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
	}}
	if len(r.bytes) > 0 {
		content := make(map[string]*huma.MediaType)
		for _, kind := range r.bytes {
			content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
		}
		all["200"] = &huma.Response{Description: "OK", Content: content}
	}
	return all
}

// parameters describes the parameters of the route that are not in its input.
func (r route) parameters(method string) (all []*huma.Param) {
	if !r.whole {
		all = append(all, &huma.Param{
			Name: tenantParameter, In: "query", Schema: &huma.Schema{Type: huma.TypeString},
			Description: "The tenant that the request is for. A token of a tenant can only name its own tenant; a token of the installation may name any. Default: `default`.",
		})
	}
	if method == http.MethodPost && !r.repeats {
		longest := maxOnce
		all = append(all, &huma.Param{
			Name: HeaderOnce, In: "header", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: &longest},
			Description: "A text of the client's choice: the request is done once, however often this token sends it with this text within 24 hours, and answered as the first time.",
		})
	}
	return all
}

// known refuses a query parameter that the operation does not have, because a misspelt filter would
// otherwise be ignored.
func (d deps) known(ctx huma.Context, next func(huma.Context)) {
	url := ctx.URL()
	for name := range url.Query() {
		if !slices.ContainsFunc(ctx.Operation().Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name }) {
			p := newProblem(ctx.Context(), http.StatusUnprocessableEntity, fmt.Sprintf("There is no query parameter %q here: leave it out, or see /api/openapi.json.", name))
			p.Field = name
			writeProblem(ctx, p)
			return
		}
	}
	next(ctx)
}

// slack is the time between the deadline of a request and that of its connection, in which the
// error is written.
const slack = 5 * time.Second

// slowFactor gives a comparison of the stores ten minutes with the default timeout.
const slowFactor = 20

// within bounds the time of a request. A stream bounds each of its writes instead.
func (d deps) within(r route) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if r.stream {
			next(ctx)
			return
		}
		_, w := humago.Unwrap(ctx)
		timeout := d.cfg.Timeout
		if r.slow {
			timeout *= slowFactor
		}
		end := time.Now().Add(timeout)
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(end.Add(slack)) // only the writer of a test has no deadlines
		_ = control.SetWriteDeadline(end.Add(slack))
		bounded, cancel := context.WithDeadline(ctx.Context(), end)
		defer cancel()
		next(huma.WithContext(ctx, bounded))
	}
}
