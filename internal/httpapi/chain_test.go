package httpapi_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/httpapi"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// The answer to a request that no route understands is a problem with a sentence and the request's
// id.
func TestOddRequestsAreProblems(t *testing.T) {
	d := open(t, func(c *httpapi.Config) { c.MaxBody = 4096 })
	for _, test := range []struct {
		method, path string
		body         any
		want         int
		field        string
	}{
		{"GET", "/nosuch", nil, 404, ""},
		{"GET", "/api/v1", nil, 404, ""},
		{"GET", "/api/v1/nosuch", nil, 404, ""},
		{"PUT", "/api/v1/repositories", nil, 405, ""},
		{"GET", "/api/v1/search", nil, 422, "query"},
		{"GET", "/api/v1/search?query=", nil, 422, "query"},
		{"GET", "/api/v1/search?query=a&limit=0", nil, 422, "limit"},
		{"GET", "/api/v1/search?query=a&limit=101", nil, 422, "limit"},
		{"GET", "/api/v1/search?query=a&limit=x", nil, 422, "limit"},
		{"GET", "/api/v1/search?query=a&nosuch=go", nil, 422, "nosuch"},
		{"GET", "/api/v1/search?query=a&language=pyhton", nil, 422, "language"},
		{"GET", "/api/v1/search?query=a&ref=nosuch", nil, 404, "ref"},
		{"GET", "/api/v1/search?query=a%00", nil, 400, ""},
		{"GET", "/api/v1/search?query=%ff", nil, 400, ""},
		{"GET", "/api/v1/repositories/nosuch", nil, 404, "repository"},
		{"GET", "/api/v1/repositories/nosuch/tree", nil, 404, "repository"},
		{"GET", "/api/v1/repositories?cursor=x", nil, 422, "cursor"},
		{"GET", "/api/v1/repositories?tenant=other", nil, 403, ""},
		{"GET", "/api/v1/letters/99", nil, 404, "letter"},
		{"GET", "/api/v1/letters/x", nil, 422, "id"},
		{"GET", "/api/v1/letters?any_tenant=true", nil, 403, "token"},
		{"GET", "/api/v1/letters?older_than=soon", nil, 422, "age"},
		{"POST", "/api/v1/letters/drop", map[string]any{}, 422, "body"},
		{"POST", "/api/v1/letters/drop", map[string]any{"all": true, "ids": []int{1}}, 422, "body"},
		{"POST", "/api/v1/letters/drop", map[string]any{"al": true}, 422, "al"},
		{"POST", "/api/v1/letters/drop", strings.Repeat("x", 5000), 413, ""},
		{"POST", "/api/v1/repositories", nil, 400, ""},
		{"GET", "/api/v1/generations", nil, 403, ""},
	} {
		a := d.ask(t, all, test.method, test.path, test.body)
		p := decode[httpapi.Problem](t, a)
		if a.StatusCode != test.want || p.Field != test.field || !strings.HasSuffix(p.Detail, ".") || p.RequestID == "" || p.Status != test.want || p.Title == "" {
			t.Errorf("%s %s: %d %s, want %d about %q", test.method, test.path, a.StatusCode, a.body, test.want, test.field)
		}
		if test.want == http.StatusMethodNotAllowed && !strings.Contains(a.Header.Get("Allow"), "POST") {
			t.Errorf("%s %s allows %q", test.method, test.path, a.Header.Get("Allow"))
		}
	}
}

func TestHeaders(t *testing.T) {
	const page = "https://app.example.com"
	d := open(t, func(c *httpapi.Config) { c.Origins = []string{page} })
	a := d.ask(t, all, http.MethodGet, "/api/v1/repositories", nil, httpapi.HeaderRequestID, "my-request.1", "Origin", "https://evil.example")
	for name, want := range map[string]string{
		httpapi.HeaderRequestID: "my-request.1", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Access-Control-Allow-Origin": "", "Content-Type": "application/json",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !strings.Contains(d.Logs.String(), "my-request.1") {
		t.Error("the log does not name the request")
	}
	for _, odd := range []string{"", "a b", strings.Repeat("x", 65), "a\"b"} {
		if got := d.ask(t, all, http.MethodGet, "/api/v1/repositories", nil, httpapi.HeaderRequestID, odd).Header.Get(httpapi.HeaderRequestID); got == odd || got == "" {
			t.Errorf("id %q became %q", odd, got)
		}
	}
	if got := d.ask(t, "", http.MethodOptions, "/api/v1/search", nil, "Origin", page, "Access-Control-Request-Method", "GET"); got.StatusCode != http.StatusNoContent ||
		got.Header.Get("Access-Control-Allow-Origin") != page || got.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("preflight: %d %v", got.StatusCode, got.Header)
	}
	if got := d.ask(t, all, http.MethodGet, "/api/v1/repositories", nil, "Origin", page); got.Header.Get("Access-Control-Allow-Origin") != page {
		t.Errorf("%v", got.Header)
	}
	if got := open(t).ask(t, all, http.MethodGet, "/api/v1/repositories", nil, "Origin", page); got.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("without configuration: %v", got.Header)
	}
}

func TestAPersonReadsTheDescription(t *testing.T) {
	d := open(t)
	a := d.ask(t, "", http.MethodGet, "/api/", nil)
	text := string(a.body)
	if a.StatusCode != http.StatusOK || strings.Contains(text, "<script") || strings.Contains(text, "http://") || !strings.Contains(text, "/api/v1/search") ||
		strings.Contains(text, "ZgotmplZ") || strings.Contains(a.Header.Get("Content-Security-Policy"), "unsafe") {
		t.Errorf("%d %v %.3000s", a.StatusCode, a.Header, text)
	}
	described, err := httpapi.Describe()
	if err != nil {
		t.Fatal(err)
	}
	if a := d.ask(t, "", http.MethodGet, "/api/openapi.json", nil); a.StatusCode != http.StatusOK || string(a.body) != string(described) {
		t.Errorf("%d", a.StatusCode)
	}
}

func TestTheRateOfATokenIsBounded(t *testing.T) {
	d := open(t, func(c *httpapi.Config) { c.Rate, c.Burst = 0.01, 3 })
	d.grants["second"] = access.Grant{Tenant: "acme", Token: "second", Scopes: access.Scopes}
	for i := range 5 {
		a := d.ask(t, all, http.MethodGet, "/api/v1/repositories", nil)
		if want := i < 3; (a.StatusCode == http.StatusOK) != want {
			t.Errorf("request %d: %d %s", i, a.StatusCode, a.body)
		}
		if seconds, err := strconv.Atoi(a.Header.Get("Retry-After")); i >= 3 && (a.StatusCode != http.StatusTooManyRequests || err != nil || seconds < 1 || seconds > 100) {
			t.Errorf("request %d: %d, Retry-After %q", i, a.StatusCode, a.Header.Get("Retry-After"))
		}
	}
	if a := d.ask(t, "second", http.MethodGet, "/api/v1/repositories", nil); a.StatusCode != http.StatusOK {
		t.Errorf("another token: %d", a.StatusCode)
	}
}

func TestARequestHasADeadline(t *testing.T) {
	d := open(t, func(c *httpapi.Config) {
		c.Timeout = 50 * time.Millisecond
		known := c.Authenticate
		c.Authenticate = func(ctx context.Context, secret string) (access.Grant, error) {
			if secret == "slow" {
				<-ctx.Done()
				return access.Grant{}, ctx.Err()
			}
			return known(ctx, secret)
		}
	})
	if a := d.ask(t, "slow", http.MethodGet, "/api/v1/repositories", nil); a.StatusCode != http.StatusGatewayTimeout {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}

// A failure that a client cannot help shows its cause only in the log.
func TestFailuresTellNothingOfTheStores(t *testing.T) {
	d := open(t, func(c *httpapi.Config) {
		c.Authenticate = func(_ context.Context, secret string) (access.Grant, error) {
			switch secret {
			case "panic":
				panic("at 10.0.0.7")
			case "odd":
				return access.Grant{}, io.ErrUnexpectedEOF
			}
			return access.Grant{}, &service.Error{Kind: service.Unavailable, Err: io.ErrUnexpectedEOF, Reason: "dial tcp 10.0.0.7:5432: refused"}
		}
	})
	for token, want := range map[string]int{"panic": 500, "odd": 500, "store": 503} {
		a := d.ask(t, token, http.MethodGet, "/api/v1/repositories", nil)
		p := decode[httpapi.Problem](t, a)
		if a.StatusCode != want || strings.Contains(string(a.body), "10.0.0.7") || strings.Contains(string(a.body), "EOF") || !strings.Contains(d.Logs.String(), p.RequestID) {
			t.Errorf("%s: %d %s", token, a.StatusCode, a.body)
		}
	}
}

func TestFilesHaveTagsAndRanges(t *testing.T) {
	d := open(t)
	repo := testpipe.NewRepo(t)
	text := strings.Repeat("the mill turns\n", 500)
	commit := d.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a/b c.txt", text, "page.html", "<script>alert(1)</script>\n"))
	id := get[service.RefsAnswer](t, d, all, "/api/v1/repositories/repo/refs").Refs[0].ID
	raw := "/api/v1/repositories/" + id + "/raw?path=a%2Fb+c.txt"
	a := d.ask(t, all, http.MethodGet, raw, nil, "Accept-Encoding", "identity")
	tag := a.Header.Get("ETag")
	if a.StatusCode != http.StatusOK || string(a.body) != text || tag == "" || a.Header.Get("Leat-Commit") != commit || a.Header.Get("Leat-Revision") != "1" ||
		a.Header.Get("Leat-Generation") == "0" || a.Header.Get("Leat-Underway") != "false" {
		t.Fatalf("%d %v", a.StatusCode, a.Header)
	}
	if a := d.ask(t, all, http.MethodGet, raw, nil, "If-None-Match", `"x", `+tag); a.StatusCode != http.StatusNotModified || len(a.body) != 0 {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if a := d.ask(t, all, http.MethodGet, raw, nil, "If-None-Match", `"x"`, "Accept-Encoding", "identity"); a.StatusCode != http.StatusOK {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if a := d.ask(t, all, http.MethodGet, raw, nil, "Range", "bytes=4-7"); a.StatusCode != http.StatusPartialContent || string(a.body) != "mill" {
		t.Errorf("%d %q", a.StatusCode, a.body)
	}
	beyond := d.ask(t, all, http.MethodGet, raw, nil, "Range", "bytes=99999-")
	if p := decode[httpapi.Problem](t, beyond); beyond.StatusCode != http.StatusRequestedRangeNotSatisfiable || p.Detail == "" || beyond.Header.Get("Content-Range") == "" {
		t.Errorf("%d %s", beyond.StatusCode, beyond.body)
	}
	zipped := d.ask(t, all, http.MethodGet, raw, nil, "Accept-Encoding", "gzip")
	unzip, err := gzip.NewReader(strings.NewReader(string(zipped.body)))
	if err != nil {
		t.Fatalf("%v: %v", err, zipped.Header)
	}
	if whole, err := io.ReadAll(unzip); err != nil || string(whole) != text || len(zipped.body) > len(text)/4 {
		t.Errorf("%v, %d bytes of %d", err, len(whole), len(zipped.body))
	}
	if a := d.ask(t, all, http.MethodGet, raw, nil, "If-None-Match", zipped.Header.Get("ETag"), "Accept-Encoding", "gzip"); a.StatusCode != http.StatusNotModified {
		t.Errorf("%d with %s", a.StatusCode, zipped.Header.Get("ETag"))
	}
	page := d.ask(t, all, http.MethodGet, "/api/v1/repositories/"+id+"/raw?path=page.html", nil)
	if kind := page.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain") || page.Header.Get("Content-Disposition") != "attachment" {
		t.Errorf("a page is served as %s", kind)
	}
	for lines, want := range map[string][2]int{"": {1, 500}, "&lines=7": {7, 7}, "&lines=7-9": {7, 9}, "&lines=499-": {499, 500}, "&lines=499-999": {499, 500}} {
		b := get[service.ReadAnswer](t, d, all, "/api/v1/repositories/"+id+"/blob?path=a%2Fb+c.txt"+lines)
		if b.First != want[0] || b.Last != want[1] || b.Commit != commit || b.Generation == 0 || b.Underway {
			t.Errorf("lines %q: %+v", lines, b.At)
		}
	}
	for _, bad := range []string{"0", "9-7", "x", "-", "501"} {
		if a := d.ask(t, all, http.MethodGet, "/api/v1/repositories/"+id+"/blob?path=a%2Fb+c.txt&lines="+bad, nil); a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("lines %q: %d %s", bad, a.StatusCode, a.body)
		}
	}
}
