package testpipe

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/leatworks/leat/devstack"
)

// BeforeS3 returns the stores with a proxy before S3. The proxy calls fn with each request before
// it passes the request on, so that fn runs in the middle of a step.
func BeforeS3(t testing.TB, at devstack.Endpoints, fn func(*http.Request)) devstack.Endpoints {
	t.Helper()
	u, err := url.Parse(at.S3)
	must(t, err)
	transport := &http.Transport{DisableCompression: true}
	next := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: u.Scheme, Host: u.Host})
		r.Out.Host = r.In.Host // the signature covers it
	}}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fn(r)
		next.ServeHTTP(w, r)
	}))
	t.Cleanup(transport.CloseIdleConnections)
	t.Cleanup(proxy.Close)
	at.S3 = proxy.URL + u.Path
	return at
}
