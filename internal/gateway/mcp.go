package gateway

import (
	"encoding/json"
	"log/slog"
	"net"
	"net/http"

	"github.com/leatworks/leat/internal/host"
	"github.com/leatworks/leat/internal/httpapi"
	"github.com/leatworks/leat/internal/mcp"
	"github.com/leatworks/leat/internal/service"
)

// metadata is the path at which a client learns how to send a token (RFC 9728, section 3.1).
const metadata = "/.well-known/oauth-protected-resource"

// tools returns the routes of agents: the tools themselves, and the description of who may call
// them. Only leat makes tokens, so the description names no server that registers clients.
func tools(names []string, s *service.Service, log *slog.Logger) ([]httpapi.Door, error) {
	who := func(r *http.Request) (mcp.Caller, bool) {
		grant, tenant, ok := httpapi.CallerOf(r.Context())
		return mcp.Caller{Grant: &grant, Tenant: tenant}, ok
	}
	handler, err := mcp.Handler(mcp.Config{Tools: names}, s, who, log)
	if err != nil {
		return nil, err
	}
	challenge := func(r *http.Request) string { return `resource_metadata="` + origin(r) + metadata + mcp.Path + `"` }
	return []httpapi.Door{
		{Pattern: mcp.Path, Handler: handler, Challenge: challenge},
		{Pattern: "GET " + metadata, Handler: http.HandlerFunc(describe), Open: true},
		{Pattern: "GET " + metadata + mcp.Path, Handler: http.HandlerFunc(describe), Open: true},
	}, nil
}

func describe(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{ // it fails only if the client has gone
		"resource": origin(r) + mcp.Path, "resource_name": "leat", "bearer_methods_supported": []string{"header"},
	})
}

// origin returns the address at which the client has called the gateway. Clients use https, except
// on the gateway's own machine.
func origin(r *http.Request) string {
	name := r.Host
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	if r.TLS == nil && host.IsLoopback(name) {
		return "http://" + r.Host
	}
	return "https://" + r.Host
}
