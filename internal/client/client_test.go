package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/client"
	"github.com/leatworks/leat/internal/service"
)

func ask(t *testing.T, answer http.HandlerFunc) *client.Client {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	c, err := client.New(client.Config{Server: s.URL, Token: "leat_secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func search(c *client.Client) (service.SearchAnswer, error) {
	return c.Search(context.Background(), service.SearchRequest{Tenant: "acme", Query: "a b&c", Languages: []string{"Go", "C++"}, Limit: 3})
}

func TestWhatIsSent(t *testing.T) {
	c := ask(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.String(); got != "/api/v1/search?language=Go&language=C%2B%2B&limit=3&query=a+b%26c&tenant=acme" {
			t.Errorf("asked for %s", got)
		}
		if got := r.Header.Get("Authorization"); got != "Bearer leat_secret" {
			t.Errorf("Authorization: %s", got)
		}
		fmt.Fprint(w, `{"hits":[{"path":"a.go"}],"generation":4,"unknown":1}`)
	})
	a, err := search(c)
	if err != nil || len(a.Hits) != 1 || a.Hits[0].Path != "a.go" || a.Generation != 4 {
		t.Errorf("%+v, %v", a, err)
	}
}

// Errors are the same as in the gateway, and do not show the token.
func TestErrorsComeBack(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
		kind   service.Kind
		text   string
	}{
		"of the service":     {404, `{"detail":"Ref x: not indexed.","kind":"not found","field":"ref","value":"x","reason":"not indexed"}`, service.NotFound, "ref x: not indexed"},
		"of a form":          {422, `{"detail":"Query.limit: too many."}`, service.Invalid, "Query.limit: too many."},
		"without a cause":    {401, `{"detail":"The token is not valid."}`, service.Unauthenticated, "The token is not valid."},
		"of a proxy":         {403, `<html>no</html>`, service.Denied, "is it a gateway of leat?"},
		"of no gateway":      {404, `404 page not found`, service.Invalid, "is it a gateway of leat?"},
		"a redirect":         {302, ``, service.Invalid, "redirects to another address"},
		"no index":           {503, `{"detail":"There is no index yet.","kind":"unavailable","cause":"no index"}`, service.Unavailable, "there is no index yet"},
		"an endless problem": {400, `{"detail":"` + strings.Repeat("x", 1<<20), service.Invalid, "is it a gateway of leat?"},
	} {
		t.Run(name, func(t *testing.T) {
			c := ask(t, func(w http.ResponseWriter, r *http.Request) {
				if test.status == 302 {
					w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
				}
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			_, err := search(c)
			if !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.text) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v", err)
			}
		})
	}
}

// A request is sent again if its failure may pass, and no sooner than the gateway wants.
func TestAskingAgain(t *testing.T) {
	var asked atomic.Int32
	began := time.Now()
	c := ask(t, func(w http.ResponseWriter, r *http.Request) {
		switch asked.Add(1) {
		case 1:
			w.WriteHeader(http.StatusBadGateway)
		case 2:
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			fmt.Fprint(w, `{"detail":"Too many.","kind":"limited"}`)
		default:
			fmt.Fprint(w, `{"hits":[]}`)
		}
	})
	if _, err := search(c); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); asked.Load() != 3 || took < time.Second {
		t.Errorf("asked %d times within %s", asked.Load(), took)
	}
}

func TestNotAskingAgain(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter){
		"what is refused": func(w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) },
		"what takes long": func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "600")
			w.WriteHeader(http.StatusTooManyRequests)
		},
		"what is known": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, `{"detail":"No.","kind":"unavailable","cause":"no schema"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			c := ask(t, func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				answer(w)
			})
			if _, err := search(c); err == nil {
				t.Error("no error")
			}
			if asked.Load() != 1 {
				t.Errorf("asked %d times", asked.Load())
			}
		})
	}
}

func TestAnswersAreBounded(t *testing.T) {
	c := ask(t, func(w http.ResponseWriter, _ *http.Request) {
		for range 100 {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	})
	if _, err := search(c); err == nil || !strings.Contains(err.Error(), "ask for less") {
		t.Errorf("%v", err)
	}
}

func TestOneWhoWaitsCanStop(t *testing.T) {
	over := make(chan struct{})
	defer close(over)
	c := ask(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-over:
		}
	})
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if _, err := c.Search(ctx, service.SearchRequest{Query: "x"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestServers(t *testing.T) {
	for _, good := range []string{"https://leat.example.com", "https://h:8443/leat/", "http://127.0.0.1:8475", "http://localhost:1", "http://[::1]:1"} {
		if _, err := client.CheckServer(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "leat.example.com", "ftp://h", "http://leat.example.com", "http://127.0.0.1.example.com", "http://10.0.0.1", "http://localhost.example.com",
		"https://user:pass@h", "https://h?x=1", "https://h#x", "https://", "http://0.0.0.0:1", "://", "https://h:port",
	} {
		if _, err := client.CheckServer(bad); err == nil {
			t.Errorf("%s is accepted", bad)
		} else if strings.Contains(err.Error(), "pass@") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, token := range []string{"", "a\nb", "a b", "é"} {
		if _, err := client.New(client.Config{Server: "https://h", Token: token}); err == nil {
			t.Errorf("token %q is accepted", token)
		}
	}
}
