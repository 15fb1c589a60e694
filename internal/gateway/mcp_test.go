package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/httpapi"
	"github.com/leatworks/leat/internal/mcp"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// open serves the doors of agents. The tokens are the keys of grants.
func open(t *testing.T, p *testpipe.Pipe, grants map[string]access.Grant) string {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	svc := service.New(service.Config{Index: p.Config().Index, OpenEmbedder: p.OpenEmbedder, GraphTime: testpipe.Patience}, p.Stores.Stores)
	doors, err := tools(mcp.All(), svc, log)
	if err != nil {
		t.Fatal(err)
	}
	api, err := httpapi.New(httpapi.Config{Doors: doors, Authenticate: func(_ context.Context, secret string) (access.Grant, error) {
		if grant, found := grants[secret]; found {
			return grant, nil
		}
		return access.Grant{}, &service.Error{Kind: service.Unauthenticated, Err: errors.New("no such token")}
	}}, svc, log)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	return server.URL
}

// agent connects a client of the official SDK with a token.
func agent(t *testing.T, url, token string) (*sdk.ClientSession, error) {
	t.Helper()
	s, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), &sdk.StreamableClientTransport{
		Endpoint: url + mcp.Path, DisableStandaloneSSE: true, MaxRetries: -1, HTTPClient: &http.Client{Transport: bearer(token)},
	}, nil)
	if err == nil {
		t.Cleanup(func() { _ = s.Close() })
	}
	return s, err
}

type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(r)
}

// The help of the flags names each tool, the default ones first.
func TestTheHelpNamesAllTools(t *testing.T) {
	named := strings.FieldsFunc(config.MCPTools, func(r rune) bool { return strings.ContainsRune(" ,;", r) })
	if got, want := slices.Sorted(slices.Values(named)), slices.Sorted(slices.Values(mcp.All())); !slices.Equal(got, want) {
		t.Errorf("the help names %v, the tools are %v", got, want)
	}
	if got, want := slices.Sorted(slices.Values(named[:len(mcp.Default)])), slices.Sorted(slices.Values(mcp.Default)); !slices.Equal(got, want) {
		t.Errorf("the help begins with %v, the default is %v", got, want)
	}
}

func TestAnAgentNeedsAToken(t *testing.T) {
	url := open(t, testpipe.Open(t, testpipe.Config{}), nil)
	for _, header := range []string{"", "Bearer nosuch", "Basic x", "Bearer"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+mcp.Path, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusUnauthorized || bytes.Contains(body, []byte("explore")) {
			t.Errorf("%q: %d %s, %v", header, response.StatusCode, body, err)
		}
		challenge := response.Header.Get("WWW-Authenticate")
		_, named, _ := strings.Cut(challenge, `resource_metadata="`)
		described := get(t, strings.TrimSuffix(named, `"`))
		if described["resource"] != url+mcp.Path {
			t.Errorf("%q leads to %v", challenge, described)
		}
	}
}

func get(t *testing.T, url string) (v map[string]any) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&v); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d, %v", url, response.StatusCode, err)
	}
	return v
}

func TestAnAgentReachesWhatItsTokenNames(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	repo.CommitTo(t, "refs/heads/main", testpipe.Text("mill.go", "package mill\n\n// Sluice opens the sluice.\nfunc Sluice() {}\n"))
	if err := p.Ingest.Handle(t.Context(), testpipe.Submission(t, "acme", events.RepoSubmitted{Tenant: "acme", URL: repo.Dir, Ref: "refs/heads/main"})); err != nil {
		t.Fatal(err)
	}
	p.Settle(t)
	url := open(t, p, map[string]access.Grant{
		"all":    {Tenant: "acme", Token: "1", Scopes: access.Scopes},
		"search": {Tenant: "acme", Token: "2", Scopes: []access.Scope{access.ScopeSearch}},
		"other":  {Tenant: "other", Token: "3", Scopes: access.Scopes},
		"some":   {Tenant: "acme", Token: "4", Scopes: access.Scopes, Repositories: []string{"forge.test/x"}},
		"none":   {Tenant: "acme", Token: "5"},
	})
	every := len(mcp.All())
	for _, test := range []struct {
		token, tool string
		listed      int
		finds       bool
	}{
		{"all", "search", every, true}, {"search", "search", 4, true}, {"search", "status", 4, false},
		{"other", "search", every, false}, {"some", "search", every, false}, {"none", "search", 0, false},
	} {
		s, err := agent(t, url, test.token)
		if err != nil {
			t.Fatal(err)
		}
		listed, err := s.ListTools(t.Context(), nil)
		if err != nil || len(listed.Tools) != test.listed {
			t.Errorf("%s sees %d tools, %v; want %d", test.token, len(listed.Tools), err, test.listed)
		}
		result, err := s.CallTool(t.Context(), &sdk.CallToolParams{Name: test.tool, Arguments: map[string]any{"query": "sluice"}})
		found := err == nil && !result.IsError && strings.Contains(result.Content[0].(*sdk.TextContent).Text, "func Sluice")
		if found != test.finds {
			t.Errorf("%s by %s: %+v, %v", test.tool, test.token, result, err)
		}
	}
	if _, err := agent(t, url, "nosuch"); err == nil {
		t.Error("an unknown token is let in")
	}
}
