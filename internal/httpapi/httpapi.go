package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

// Defaults of a Config.
const (
	DefaultMaxBody     = 1 << 20
	DefaultTimeout     = 30 * time.Second
	DefaultMaxRequests = 256
	DefaultRate        = 50
	DefaultBurst       = 100
	DefaultStreams     = 8
	DefaultTelling     = 500 * time.Millisecond
)

// Config configures the API.
type Config struct {
	MaxBody     int64         // largest body of a request in bytes; default: DefaultMaxBody
	Timeout     time.Duration // time that a request may take; default: DefaultTimeout
	MaxRequests int           // requests handled at once, streams not counted; default: DefaultMaxRequests
	Rate        float64       // requests a second of a token; default: DefaultRate
	Burst       int           // requests of a token at once; default: DefaultBurst
	Streams     int           // streams of events that a token may have open; default: DefaultStreams
	Telling     time.Duration // pause after which gateways tell each other their requests again; default: DefaultTelling
	Origins     []string      // origins of web pages that may use the API (CORS), such as https://app.example.com; default: none

	Doors []Door // handlers beside the routes; default: none
	// Absent answers browsers if no route has the path. Default: a problem.
	Absent http.Handler

	// Authenticate returns the grant of a token. Default: that of the service.
	Authenticate func(ctx context.Context, secret string) (access.Grant, error)
	// Stopping is closed when the process stops, which ends all streams. Default: never.
	Stopping <-chan struct{}
	// Meter counts and times requests. Default: none.
	Meter metric.Meter
}

// API answers HTTP requests. Any number of goroutines may call its methods.
type API struct {
	handler http.Handler
	deps    deps
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// New returns the API over a service.
func New(cfg Config, s *service.Service, log *slog.Logger) (*API, error) {
	cfg = cfg.withDefaults()
	if cfg.Authenticate == nil {
		cfg.Authenticate = s.Authenticate
	}
	figures, err := newFigures(cfg.Meter)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	d := deps{Service: s, cfg: cfg, rates: newRates(), streams: newStreams(cfg.Streams), log: log}
	api := humago.New(mux, describe())
	registerAll(api, d)
	a := &API{deps: d}
	d.serveDescription(mux, api.OpenAPI())
	d.serveReference(mux, api.OpenAPI())
	d.serveDeliveries(mux)
	for _, door := range cfg.Doors {
		mux.Handle(door.Pattern, d.door(door))
	}
	a.handler = chain(mux, cfg, figures, log)
	return a, nil
}

// Describe returns the description of all routes without a service: OpenAPI 3.1 in
// JSON, a pure function of this package and of the service's types.
func Describe() ([]byte, error) {
	api := humago.New(http.NewServeMux(), describe())
	registerAll(api, deps{cfg: Config{}.withDefaults()})
	return encode(api.OpenAPI())
}

// deps are the parts that the handlers use.
type deps struct {
	*service.Service
	cfg     Config
	rates   *rates
	streams *streams
	log     *slog.Logger
}

func registerAll(api huma.API, d deps) {
	registerSearch(api, d)
	registerRepository(api, d)
	registerOutcome(api, d)
	registerFile(api, d)
	registerVersion(api, d)
	registerDormant(api, d)
	registerTag(api, d)
	registerGraph(api, d)
	registerExport(api, d)
	registerWiki(api, d)
	registerIndexes(api, d)
	registerEvent(api, d)
	registerLetter(api, d)
	registerFlow(api, d)
	registerIndex(api, d)
	registerSetting(api, d)
	registerKey(api, d)
	registerHook(api, d)
	registerToken(api, d)
	registerTenant(api, d)
	registerCredential(api, d)
	registerAudit(api, d)
}

func (c Config) withDefaults() Config {
	if c.MaxBody == 0 {
		c.MaxBody = DefaultMaxBody
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.MaxRequests == 0 {
		c.MaxRequests = DefaultMaxRequests
	}
	if c.Rate == 0 {
		c.Rate = DefaultRate
	}
	if c.Burst == 0 {
		c.Burst = DefaultBurst
	}
	if c.Streams == 0 {
		c.Streams = DefaultStreams
	}
	if c.Telling == 0 {
		c.Telling = DefaultTelling
	}
	if c.Meter == nil {
		c.Meter = noop.Meter{}
	}
	return c
}
