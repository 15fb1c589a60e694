package gateway

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/build"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/httpapi"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/session"
	"github.com/leatworks/leat/internal/web"
)

// entrance returns all doors of people: the pages, and the doors through which they sign in and
// out.
func entrance(cfg config.Session, box *seal.Box, stopping <-chan struct{}, s *service.Service, log *slog.Logger) (*web.Pages, []httpapi.Door, error) {
	var site *web.Pages
	draw := func(w http.ResponseWriter, r *http.Request, l session.Login) {
		site.Login(w, r, l.Status, web.Login{Problem: l.Problem, Provider: l.Provider, Begin: session.BeginPath, Next: l.Next})
	}
	known, doors, err := sessions(cfg, box, draw, s, log)
	if err != nil {
		return nil, nil, err
	}
	site, list, err := pages(web.Config{Stopping: stopping, Provider: known.Provider(), Begin: session.BeginPath}, s, known, log)
	return site, append(doors, list...), err
}

// visitors know who sends a request of a browser.
type visitors interface {
	Grant(r *http.Request) (access.Grant, error)
	CSRF(r *http.Request) string
}

// pages returns the doors of people. They admit a person with a session or a token.
func pages(cfg web.Config, s *service.Service, known visitors, log *slog.Logger) (*web.Pages, []httpapi.Door, error) {
	cfg.Version, cfg.CSRF = build.Version(), known.CSRF
	cfg.Who = func(r *http.Request) (web.Caller, bool) {
		grant, tenant, ok := httpapi.CallerOf(r.Context())
		return web.Caller{Grant: grant, Tenant: tenant}, ok
	}
	cfg.Explain = func(ctx context.Context, err error) web.Failure { return failure(httpapi.Explain(ctx, err, log)) }
	p, err := web.New(cfg, s, log)
	if err != nil {
		return nil, nil, err
	}
	refuse := func(w http.ResponseWriter, r *http.Request, problem *httpapi.Problem) {
		for name, values := range problem.GetHeaders() {
			w.Header()[name] = values
		}
		p.Refuse(w, r, failure(problem))
	}
	var doors []httpapi.Door
	for _, r := range p.Routes() {
		doors = append(doors, httpapi.Door{
			Pattern: r.Pattern, Handler: r.Handler, Open: r.Open, Scope: r.Scope, Whole: r.Whole, Stream: r.Stream, Slow: r.Slow,
			Name: browsers, Who: known.Grant, Refuse: refuse,
		})
	}
	return p, doors, nil
}

func failure(p *httpapi.Problem) web.Failure {
	return web.Failure{Status: p.Status, Detail: p.Detail, Request: p.RequestID}
}
