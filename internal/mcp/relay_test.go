package mcp

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/leatworks/leat/internal/service"
)

// stating is a service that tells the state of one repository.
type stating struct{ *service.Service }

func (stating) Status(context.Context, service.StatusRequest) (service.StatusAnswer, error) {
	return service.StatusAnswer{Repositories: []service.RepositoryStatus{{URL: "https://forge.test/acme/mill", State: "indexed"}}}, nil
}

// An agent that starts leat for a gateway has the gateway's tools.
func TestRelayLeadsToAGateway(t *testing.T) {
	handler, err := Handler(Config{}, stating{}, func(r *http.Request) (Caller, bool) {
		return Caller{Tenant: "acme"}, r.Header.Get("Authorization") == "Bearer leat_x"
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	gateway := httptest.NewServer(handler)
	t.Cleanup(gateway.Close)
	for token, want := range map[string]bool{"leat_x": true, "leat_y": false} {
		near, agent := mcp.NewInMemoryTransports()
		ended := make(chan error, 1)
		go func() {
			ended <- relay(t.Context(), near, &mcp.StreamableClientTransport{
				Endpoint: gateway.URL, DisableStandaloneSSE: true, MaxRetries: -1, HTTPClient: &http.Client{Transport: bearer{token}},
			})
		}()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		s, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(ctx, agent, nil)
		if want != (err == nil) {
			t.Errorf("%s: %v", token, err)
		}
		if err == nil {
			result, err := s.CallTool(ctx, &mcp.CallToolParams{Name: "status"})
			if err != nil || !strings.Contains(result.Content[0].(*mcp.TextContent).Text, "forge.test/acme/mill: indexed") {
				t.Errorf("%+v, %v", result, err)
			}
			_ = s.Close()
		}
		cancel()
		select {
		case err := <-ended:
			if err != nil && want {
				t.Errorf("%s: the relay ended with %v", token, err)
			}
		case <-time.After(time.Minute):
			t.Fatal("the relay goes on")
		}
	}
}

// gathering is a service that answers once a number of callers ask at the same time. Its search
// goes on until it is given up.
type gathering struct {
	*service.Service
	all          *sync.WaitGroup
	began, ended chan struct{}
	over         <-chan struct{} // closed when the test is over
}

func (g gathering) Status(ctx context.Context, r service.StatusRequest) (service.StatusAnswer, error) {
	g.all.Done()
	g.all.Wait()
	return stating{}.Status(ctx, r)
}

func (g gathering) Search(ctx context.Context, _ service.SearchRequest) (service.SearchAnswer, error) {
	g.began <- struct{}{}
	select {
	case <-ctx.Done():
		g.ended <- struct{}{}
	case <-g.over:
	}
	return service.SearchAnswer{}, ctx.Err()
}

// On each way to the tools, sixteen calls of one client are answered at once beside a long one. The
// long one ends when the client cancels it.
func TestCallsOfOneClientAtOnce(t *testing.T) {
	const together = 16
	for _, way := range []string{"stdio", "http", "relay"} {
		t.Run(way, func(t *testing.T) {
			g := gathering{all: &sync.WaitGroup{}, began: make(chan struct{}, 1), ended: make(chan struct{}, 1), over: t.Context().Done()}
			g.all.Add(together)
			s := reach(t, g, way)
			ctx, cancel := context.WithCancel(t.Context())
			long := make(chan error, 1)
			go func() {
				_, err := s.CallTool(ctx, &mcp.CallToolParams{Name: "search", Arguments: map[string]any{"query": "x"}})
				long <- err
			}()
			within(t, g.began, "the long call has not begun")
			answers := make(chan error, together)
			for range together {
				go func() {
					_, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: "status"})
					answers <- err
				}()
			}
			for range together {
				if err := within(t, answers, "the calls wait for each other"); err != nil {
					t.Error(err)
				}
			}
			cancel()
			within(t, g.ended, "the call that was taken back goes on")
			if err := within(t, long, "the client waits"); err == nil {
				t.Error("the call that was taken back succeeded")
			}
			g.all.Add(1)
			if _, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: "status"}); err != nil {
				t.Errorf("after that: %v", err)
			}
		})
	}
}

// within waits for a signal with a deadline.
func within[T any](t *testing.T, c <-chan T, otherwise string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(time.Minute):
		t.Fatal(otherwise)
	}
	return v
}

// reach connects a client to the tools over a service, by one of the possible ways.
func reach(t *testing.T, s Service, way string) *mcp.ClientSession {
	t.Helper()
	near, agent := mcp.NewInMemoryTransports()
	to := mcp.Transport(agent)
	if way == "stdio" {
		server, err := New(Config{}, s, Caller{Tenant: "acme"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := server.Connect(t.Context(), lingering{near, func() bool { return false }}, nil); err != nil {
			t.Fatal(err)
		}
	} else {
		handler, err := Handler(Config{}, s, func(*http.Request) (Caller, bool) { return Caller{Tenant: "acme"}, true }, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		gateway := httptest.NewServer(handler)
		t.Cleanup(gateway.Close)
		far := &mcp.StreamableClientTransport{Endpoint: gateway.URL, DisableStandaloneSSE: true, MaxRetries: -1}
		if to = far; way == "relay" {
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_ = relay(ctx, lingering{near, func() bool { return false }}, far)
			}()
			t.Cleanup(func() {
				stop()
				<-ended
			})
			to = agent
		}
	}
	client, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), to, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// If a client over HTTP goes away in the middle of its call, the work for it ends, whatever
// protocol it speaks and whether or not it asked for progress.
func TestAClientThatDiesEndsItsWork(t *testing.T) {
	for _, version := range []string{"2025-03-26", "2025-06-18", "2025-11-25"} {
		for _, meta := range []string{"", `,"_meta":{"progressToken":"t"}`} {
			t.Run(version+meta, func(t *testing.T) {
				g := gathering{began: make(chan struct{}, 1), ended: make(chan struct{}, 1), over: t.Context().Done()}
				handler, err := Handler(Config{}, g, func(*http.Request) (Caller, bool) { return Caller{Tenant: "acme"}, true }, slog.New(slog.DiscardHandler))
				if err != nil {
					t.Fatal(err)
				}
				gateway := httptest.NewServer(handler)
				t.Cleanup(gateway.Close)
				ctx, die := context.WithCancel(t.Context())
				defer die()
				body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"query":"x"}` + meta + `}}`
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, gateway.URL, strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Accept", "application/json, text/event-stream")
				r.Header.Set("Mcp-Protocol-Version", version)
				gone := make(chan struct{})
				go func() {
					response, err := http.DefaultTransport.RoundTrip(r)
					if err == nil {
						response.Body.Close()
					}
					close(gone)
				}()
				within(t, g.began, "the call has not begun")
				die()
				within(t, gone, "the client waits")
				within(t, g.ended, "the work for a client that has gone goes on")
			})
		}
	}
}
