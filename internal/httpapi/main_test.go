package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/httpapi"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// The tokens that door knows.
const (
	all          = "leat_all"          // of the tenant acme, with every scope
	installation = "leat_installation" // of the installation, with every scope
)

// door is a pipe with the API over its stores.
type door struct {
	*testpipe.Pipe
	api    *httpapi.API
	url    string
	grants map[string]access.Grant // by token
}

func open(t *testing.T, change ...func(*httpapi.Config)) *door {
	t.Helper()
	p := testpipe.Open(t, testpipe.Config{})
	return over(t, p, change...)
}

func over(t *testing.T, p *testpipe.Pipe, change ...func(*httpapi.Config)) *door {
	t.Helper()
	box, err := seal.New(seal.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	svc := service.New(service.Config{Index: p.Config().Index, Source: "/leat/gateway", OpenEmbedder: p.OpenEmbedder, GraphTime: testpipe.Patience, Box: box, LocalPaths: true}, p.Stores.Stores)
	d := &door{Pipe: p, grants: map[string]access.Grant{
		all:          {Tenant: "acme", Token: "all", Scopes: access.Scopes},
		installation: {Token: "installation", Scopes: access.Scopes},
	}}
	cfg := httpapi.Config{Rate: 1e6, Burst: 1e6, Authenticate: func(ctx context.Context, secret string) (access.Grant, error) {
		if g, found := d.grants[secret]; found {
			return g, nil
		}
		if g, err := svc.Authenticate(ctx, secret); err == nil {
			return g, nil
		}
		return access.Grant{}, &service.Error{Kind: service.Unauthenticated, Reason: "the token is not valid: it is unknown, expired or revoked"}
	}}
	for _, c := range change {
		c(&cfg)
	}
	if d.api, err = httpapi.New(cfg, svc, p.Logs.Logger()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(d.api)
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

// put commits tree to a ref of a tenant's repository, and indexes it.
func (d *door) put(t *testing.T, tenant string, repo *testpipe.Repo, ref string, tree testpipe.Tree) (commit string) {
	t.Helper()
	commit = repo.CommitTo(t, ref, tree)
	submission := testpipe.Submission(t, tenant, events.RepoSubmitted{Tenant: tenant, URL: repo.Dir, Ref: ref})
	if err := d.Ingest.Handle(t.Context(), submission); err != nil {
		t.Fatal(err)
	}
	d.Settle(t)
	return commit
}

// answer is an answer with its whole body.
type answer struct {
	*http.Response
	body []byte
}

// ask sends a request with a token and headers, given in pairs. It sends body as JSON; nil means no
// body.
func (d *door) ask(t *testing.T, token, method, path string, body any, headers ...string) answer {
	t.Helper()
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		in = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, d.url+path, in)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return exchange(t, r, headers...)
}

// exchange sends a request with headers, given in pairs, and reads the answer.
func exchange(t *testing.T, r *http.Request, headers ...string) answer {
	t.Helper()
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response, read}
}

// get requests a path, and decodes the answer.
func get[T any](t *testing.T, d *door, token, path string) (v T) {
	t.Helper()
	a := d.ask(t, token, http.MethodGet, path, nil)
	if a.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, a.StatusCode, a.body)
	}
	return decode[T](t, a)
}

func decode[T any](t *testing.T, a answer) (v T) {
	t.Helper()
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return v
}
