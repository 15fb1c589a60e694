package mcp

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
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
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
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
		case <-time.After(30 * time.Second):
			t.Fatal("the relay goes on")
		}
	}
}
