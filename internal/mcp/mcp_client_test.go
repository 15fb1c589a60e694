package mcp

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv"
)

// serveVariable makes the test binary a server of tools on standard input and output.
const serveVariable = "LEAT_TEST_MCP_SERVE"

func TestMain(m *testing.M) {
	if os.Getenv(serveVariable) == "" {
		testenv.Main(m)
		return
	}
	if err := Serve(context.Background(), Config{}, telling{}, Caller{Tenant: "acme"}); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// The official SDKs of other languages are clients of both transports. LEAT_TEST_MCP_PYTHON
// names an interpreter with the package mcp, LEAT_TEST_MCP_NODE a directory with
// @modelcontextprotocol/sdk in its node_modules.
func TestTheOfficialSDKsAreServed(t *testing.T) {
	handler, err := Handler(Config{}, stating{}, func(r *http.Request) (Caller, bool) {
		return Caller{Tenant: "acme"}, r.Header.Get("Authorization") == "Bearer leat_x"
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	gateway := httptest.NewServer(handler)
	t.Cleanup(gateway.Close)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, sdk := range []struct {
		name, variable string
		command        func(installed string) []string
	}{
		{"Python", "LEAT_TEST_MCP_PYTHON", func(python string) []string { return []string{python, "testdata/client.py"} }},
		{"TypeScript", "LEAT_TEST_MCP_NODE", func(dir string) []string { return []string{"node", "testdata/client.mjs", dir} }},
	} {
		for transport, to := range map[string][]string{"stdio": {self}, "http": {gateway.URL, "leat_x"}} {
			t.Run(sdk.name+" "+transport, func(t *testing.T) {
				installed := os.Getenv(sdk.variable)
				if installed == "" {
					t.Skip(sdk.variable + " names no installed SDK")
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				command := append(append(sdk.command(installed), transport), to...)
				got, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput()
				want := "server leat\ntools explore read search status\n" +
					"status https://forge.test/acme/mill: indexed, 0 of 0 files indexed, 0 pending, 0 failed, 0 skipped\nrefused True\n"
				if err != nil || string(got) != want {
					t.Errorf("%v\n%s", err, got)
				}
			})
		}
	}
}
