package blob_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/leatworks/leat/pipeline/blob"
)

// proxy stands before the server and counts the GETs of objects. meddle, if it is set, handles each exchange.
type proxy struct {
	*httptest.Server
	gets   atomic.Int64
	meddle atomic.Pointer[func(http.ResponseWriter, *http.Request, http.Handler)]
}

// through puts a proxy before cfg's server.
func through(tb testing.TB, cfg *blob.Config) *proxy {
	tb.Helper()
	target, err := url.Parse(serverURL)
	if err != nil {
		tb.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	next := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // the signature covers it
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	p := new(proxy)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, ".pack") {
			p.gets.Add(1)
		}
		if meddle := p.meddle.Load(); meddle != nil {
			(*meddle)(w, r, next)
			return
		}
		next.ServeHTTP(w, r)
	}))
	tb.Cleanup(transport.CloseIdleConnections)
	tb.Cleanup(p.Close)
	cfg.URL = p.URL + strings.TrimPrefix(cfg.URL, serverURL)
	return p
}

func (p *proxy) when(meddle func(http.ResponseWriter, *http.Request, http.Handler)) {
	p.meddle.Store(&meddle)
}

// cutAfter sends the headers of the server's answer and n bytes of its body, then cuts the connection.
func cutAfter(n int) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method != http.MethodGet {
			next.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()[:n])
		panic(http.ErrAbortHandler)
	}
}

// fake opens a store whose server finds the bucket, and handles every GET by answer.
func fake(tb testing.TB, answer http.HandlerFunc) *blob.Store {
	tb.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			answer(w, r)
		}
	}))
	tb.Cleanup(server.Close)
	return open(tb, blob.Config{URL: server.URL + "/bucket", AccessKey: "key", SecretKey: "secret"})
}
