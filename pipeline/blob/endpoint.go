package blob

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync/atomic"
)

// endpoints sends requests to one of several servers that hold the same bucket. It stays
// with a server until that server cannot be reached, or says that it cannot serve. Then the
// request that the client sends again goes to the next server. A request keeps the Host of
// the first server, which its signature covers.
type endpoints struct {
	next http.RoundTripper
	all  []url.URL    // scheme and host
	at   atomic.Int64 // which one is asked, modulo their number
}

func (e *endpoints) RoundTrip(r *http.Request) (*http.Response, error) {
	at := e.at.Load()
	to := e.all[int(at%int64(len(e.all)))]
	out := r.Clone(r.Context())
	if out.Host == "" {
		out.Host = r.URL.Host
	}
	out.URL.Scheme, out.URL.Host = to.Scheme, to.Host
	resp, err := e.next.RoundTrip(out)
	if unserved(r.Context(), resp, err) {
		e.at.CompareAndSwap(at, at+1) // once, for all requests that have failed together
	}
	return resp, err
}

// unserved says whether another server may do better.
func unserved(ctx context.Context, resp *http.Response, err error) bool {
	if err != nil {
		return !errors.Is(context.Cause(ctx), context.Canceled)
	}
	switch resp.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}
