package httpapi

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/gzhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// gzipSuffix ends the ETag of a compressed answer.
const gzipSuffix = "-gzip"

// leastGzip is the size from which an answer is compressed.
const leastGzip = 1 << 10

// chain wraps the routes in the handlers that every request passes, from the outside in: its trace
// and its id, the log, the headers, the place among the requests handled at once, and the
// compression.
func chain(mux *http.ServeMux, cfg Config, figures *figures, log *slog.Logger) http.Handler {
	h := strict(absent(mux, cfg.Absent))
	h = compress(h)
	h = atOnce(h, cfg.MaxRequests)
	h = allow(h, cfg.Origins)
	h = secure(h)
	h = record(h, figures, log)
	return otelhttp.NewHandler(h, "gateway")
}

// request holds the fields of a request's log line. The routes fill it in.
type request struct {
	id     string
	token  string // public id
	tenant string
}

type requestKey struct{}

// requestOf returns the request of a context. It is never nil.
func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{}
}

// HeaderRequestID is the header of a request's id. A client may choose the id.
const HeaderRequestID = "X-Request-Id"

var requestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// record gives a request its id, logs it and counts it. A panic of the handler ends only the
// request.
func record(next http.Handler, figures *figures, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		req := &request{id: r.Header.Get(HeaderRequestID)}
		if !requestID.MatchString(req.id) {
			req.id = rand.Text()
		}
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, req))
		w.Header().Set(HeaderRequestID, req.id)
		watched := &watchedWriter{ResponseWriter: w}
		span := trace.SpanFromContext(r.Context())
		span.SetAttributes(attribute.String("leat.request_id", req.id))
		defer func() {
			if thrown := recover(); thrown != nil {
				if err, _ := thrown.(error); errors.Is(err, http.ErrAbortHandler) {
					panic(thrown)
				}
				log.ErrorContext(r.Context(), "handler panicked", "request", req.id, "panic", fmt.Sprint(thrown), "stack", string(debug.Stack()))
				if watched.status == 0 {
					serveProblem(watched, newProblem(r.Context(), http.StatusInternalServerError, "The request failed for a reason that this gateway does not know; find the details in its log under the request's id."))
				}
			}
			route := r.Pattern
			if route == "" {
				route = "none"
			}
			if span.SetName(route); req.tenant != "" {
				span.SetAttributes(attribute.String("leat.tenant", req.tenant), attribute.String("leat.token", req.token))
			}
			took := time.Since(began)
			figures.add(r.Context(), route, watched.status, took)
			log.InfoContext(r.Context(), "request", "request", req.id, "route", route, "status", watched.status, "bytes", watched.bytes,
				"took", took.Round(time.Microsecond), "tenant", req.tenant, "token", req.token)
		}()
		next.ServeHTTP(watched, r)
	})
}

// watchedWriter notes the status and size of an answer.
type watchedWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *watchedWriter) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watchedWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush is for the compression, which needs an http.Flusher.
func (w *watchedWriter) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// secure sets the headers that keep a browser from guessing the type of an answer, and from
// framing, storing or running it.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// atOnce bounds the requests that are handled at once. Streams are bounded for each
// token instead.
func atOnce(next http.Handler, most int) http.Handler {
	places := make(chan struct{}, most)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/events") {
			next.ServeHTTP(w, r)
			return
		}
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			next.ServeHTTP(w, r)
		default:
			p := newProblem(r.Context(), http.StatusServiceUnavailable, "This gateway is busy with other requests: try again in a second.")
			p.header.Set("Retry-After", "1")
			serveProblem(w, p)
		}
	})
}

func compress(next http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(leastGzip), gzhttp.SuffixETag(gzipSuffix), gzhttp.ExceptContentTypes([]string{"text/event-stream"}))
	if err != nil {
		panic(err) // the options are constants
	}
	return wrap(next)
}

// strict refuses text that the stores do not accept: bytes that are not UTF-8, and NUL.
func strict(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bad := !text(r.URL.Path)
		query := r.URL.Query()
		for name, values := range query {
			bad = bad || !text(name)
			for _, value := range values {
				bad = bad || !text(value)
			}
		}
		if bad {
			serveProblem(w, newProblem(r.Context(), http.StatusBadRequest, "The URL holds NUL, or bytes that are not UTF-8."))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func text(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// absent answers with a problem if no route has the path, or none has the method. Outside the API
// it answers a browser with a page, if there are pages.
func absent(mux *http.ServeMux, pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		plain := &plainWriter{header: make(http.Header)}
		mux.ServeHTTP(plain, r)
		if plain.status == http.StatusMethodNotAllowed {
			allowed := plain.header.Get("Allow")
			p := newProblem(r.Context(), plain.status, "This path takes "+allowed+".")
			p.header.Set("Allow", allowed)
			serveProblem(w, p)
			return
		}
		if pages != nil && !strings.HasPrefix(r.URL.Path, "/api/") && strings.Contains(r.Header.Get("Accept"), "text/html") {
			pages.ServeHTTP(w, r)
			return
		}
		serveProblem(w, newProblem(r.Context(), http.StatusNotFound, "There is nothing at this path: /api/openapi.json lists the routes."))
	})
}

// plainWriter keeps only the status and the headers of an answer.
type plainWriter struct {
	header http.Header
	status int
}

func (w *plainWriter) Header() http.Header         { return w.header }
func (w *plainWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w *plainWriter) WriteHeader(status int)      { w.status = status }

// serveProblem answers with an error outside of the routes.
func serveProblem(w http.ResponseWriter, p *Problem) {
	for name, values := range p.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = jsonFormat.Marshal(w, p) // it fails only if the client has gone
}

// figures counts and times requests.
type figures struct {
	requests metric.Int64Counter
	seconds  metric.Float64Histogram
}

func newFigures(meter metric.Meter) (*figures, error) {
	requests, err := meter.Int64Counter("leat_http_requests", metric.WithDescription("Requests answered, by route and status."))
	if err != nil {
		return nil, fmt.Errorf("count requests: %w", err)
	}
	seconds, err := meter.Float64Histogram("leat_http_request_seconds", metric.WithDescription("Time to answer a request, by route."),
		metric.WithExplicitBucketBoundaries(.005, .01, .025, .05, .1, .2, .5, 1, 2.5, 5, 10, 30))
	if err != nil {
		return nil, fmt.Errorf("time requests: %w", err)
	}
	return &figures{requests, seconds}, nil
}

func (f *figures) add(ctx context.Context, route string, status int, took time.Duration) {
	f.requests.Add(ctx, 1, metric.WithAttributes(attribute.String("route", route), attribute.Int("status", status)))
	f.seconds.Record(ctx, took.Seconds(), metric.WithAttributes(attribute.String("route", route)))
}
