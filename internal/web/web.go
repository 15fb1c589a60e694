package web

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

// Caller says who sends a request, and for which tenant.
type Caller struct {
	access.Grant
	Tenant string
}

// Failure is an error in the form that people see.
type Failure struct {
	Status  int    // of HTTP
	Detail  string // what happened, and what to do
	Request string // id of the request, which leads to more in the log
}

// Login is the content of the page to sign in.
type Login struct {
	Problem  string // why the person was not let in; "": nothing has been tried
	Provider string // name of the other way to sign in; "": there is none
	Begin    string // path at which it begins
	Next     string // path that the person wants to see
}

// Config configures the pages.
type Config struct {
	Version string // of leat, for the foot of each page
	// Who returns who sends a request that the gateway has admitted.
	Who func(*http.Request) (Caller, bool)
	// Explain turns an error of the service into a Failure.
	Explain func(ctx context.Context, err error) Failure
	// Provider names the other way to sign in than a token. Begin is the path at which it begins.
	// Default: there is none.
	Provider, Begin string
	// CSRF returns the text with which a form proves that it belongs to the request's session.
	CSRF func(*http.Request) string
	// Heartbeat is the pause after which a stream of events sends a sign of life. Default: 15 s.
	Heartbeat time.Duration
	// Stopping is closed when the process stops, which ends all streams. Default: never.
	Stopping <-chan struct{}
}

// Pages are the pages over a service.
type Pages struct {
	cfg     Config
	service *service.Service
	assets  *assets
	palette *palette
	log     *slog.Logger
}

// New returns the pages over a service.
func New(cfg Config, s *service.Service, log *slog.Logger) (*Pages, error) {
	files, err := loadAssets()
	if err != nil {
		return nil, err
	}
	cfg.Heartbeat = cmp.Or(cfg.Heartbeat, 15*time.Second)
	return &Pages{cfg: cfg, service: s, assets: files, palette: newPalette(), log: log}, nil
}

// Route is a page with its requirements.
type Route struct {
	Pattern string // in the form of http.ServeMux
	Handler http.Handler
	Scope   access.Scope
	Open    bool // the page needs no session
	Whole   bool // the page serves all tenants, so it needs a grant of the installation
	Stream  bool // the answer goes on until browser or server ends it
	Slow    bool // the page compares everything, which may take long
}

// page answers a request. Each error that it returns becomes a page.
type page func(w http.ResponseWriter, r *http.Request, v visit) error

// Routes lists all pages.
func (p *Pages) Routes() []Route {
	list := []Route{
		{Pattern: "GET /assets/{name}", Handler: p.assets, Open: true},
		{Pattern: "POST /theme", Handler: p.open(p.theme), Open: true},
	}
	for _, r := range []struct {
		pattern string
		scope   access.Scope
		show    page
	}{
		{"GET /{$}", access.ScopeSearch, p.search},
		{"GET /search", access.ScopeSearch, p.search},
		{"GET /repositories", access.ScopeRead, p.repositories},
		{"GET /repository", access.ScopeRead, p.repository},
		{"GET /file", access.ScopeRead, p.file},
		{"GET /raw", access.ScopeRead, p.raw},
		{"GET /symbol", access.ScopeRead, p.symbol},
		{"GET /compare", access.ScopeRead, p.compare},
		{"POST /submit", access.ScopeSubmit, p.submit},
		{"GET /submission", access.ScopeSubmit, p.submission},
		{"POST /forget", access.ScopeOperate, p.forget},
		{"POST /pin", access.ScopeSubmit, p.pin},
		{"POST /unpin", access.ScopeOperate, p.unpin},
		{"POST /hold", access.ScopeOperate, p.hold},
		{"POST /wake", access.ScopeSearch, p.wake},
		{"POST /sleep", access.ScopeOperate, p.sleep},
		{"POST /track", access.ScopeSubmit, p.track},
		{"POST /untrack", access.ScopeOperate, p.untrack},
		{"POST /approve", access.ScopeOperate, p.approve},
		{"GET /pipeline", access.ScopeOperate, p.pipeline},
		{"GET /pipeline/letters", access.ScopeOperate, p.letters},
		{"POST /pipeline/letters", access.ScopeOperate, p.settleLetters},
		{"GET /pipeline/letter", access.ScopeOperate, p.letter},
		{"GET /admin", "", p.admin},
		{"GET /admin/tokens", access.ScopeAdmin, p.tokens},
		{"POST /admin/tokens", access.ScopeAdmin, p.changeTokens},
		{"GET /admin/audit", access.ScopeAdmin, p.audit},
		{"GET /admin/hooks", access.ScopeOperate, p.hooks},
		{"POST /admin/hooks", access.ScopeOperate, p.changeHooks},
		{"GET /admin/deliveries", access.ScopeOperate, p.deliveries},
		{"GET /admin/delivery", access.ScopeOperate, p.delivery},
		{"POST /admin/delivery", access.ScopeOperate, p.replay},
	} {
		list = append(list, Route{Pattern: r.pattern, Scope: r.scope, Handler: p.admitted(r.show)})
	}
	return append(list,
		Route{Pattern: "GET /repository/events", Scope: access.ScopeRead, Stream: true, Handler: p.admitted(p.progress)},
		Route{Pattern: "GET /pipeline/events", Scope: access.ScopeOperate, Stream: true, Handler: p.admitted(p.watchFlow)},
		Route{Pattern: "GET /pipeline/stores", Scope: access.ScopeOperate, Slow: true, Handler: p.admitted(p.stores)},
		Route{Pattern: "POST /pipeline/generations", Scope: access.ScopeOperate, Whole: true, Handler: p.admitted(p.steer)},
		Route{Pattern: "GET /admin/tenants", Scope: access.ScopeAdmin, Whole: true, Handler: p.admitted(p.tenants)},
		Route{Pattern: "GET /admin/settings", Scope: access.ScopeAdmin, Whole: true, Handler: p.admitted(p.settings)},
		Route{Pattern: "POST /admin/settings", Scope: access.ScopeAdmin, Whole: true, Handler: p.admitted(p.changeSettings)},
		Route{Pattern: "POST /admin/tenants", Scope: access.ScopeAdmin, Whole: true, Handler: p.admitted(p.changeTenants)},
	)
}

// open serves a page to everybody.
func (p *Pages) open(show page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.answer(w, r, p.visitOf(r, Caller{}), show) })
}

// admitted serves a page to admitted visitors.
func (p *Pages) admitted(show page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, ok := p.cfg.Who(r)
		if !ok {
			p.Refuse(w, r, Failure{Status: http.StatusUnauthorized})
			return
		}
		p.answer(w, r, p.visitOf(r, who), show)
	})
}

// maxForm bounds the body of a form.
const maxForm = 1 << 20

// answer shows a page, or why it cannot be shown. The gateway has already refused forms that do not
// come from a page of this session.
func (p *Pages) answer(w http.ResponseWriter, r *http.Request, v visit, show page) {
	headers(w)
	err := error(nil)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		err = readForm(r)
	}
	if err == nil {
		err = show(w, r, v)
	}
	if err != nil {
		p.fail(w, r, v, p.cfg.Explain(r.Context(), err))
	}
}

// policy is the Content-Security-Policy of every page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func headers(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Add("Vary", "HX-Request, Cookie")
}
