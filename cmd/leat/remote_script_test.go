package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/store"
)

// TestGatewayAndStoresSayTheSame runs commands over the stores and over a gateway.
func TestGatewayAndStoresSayTheSame(t *testing.T) {
	p := params("testdata/remote")
	p.Cmds["same"] = sayTheSame
	p.Cmds["token"] = makeToken
	p.Cmds["server"] = findServer
	testscript.Run(t, p)
}

// sayTheSame runs a command over the stores and over the gateway that SERVER names, and
// compares exit code and output, byte for byte. What the command prints is left as the
// script's stdout and stderr. The workers go on between the two runs, so a difference
// counts when it is there again and again.
//
//	same CODE args...
func sayTheSame(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: same CODE args...")
	}
	for attempt := 1; ; attempt++ {
		difference := sayBoth(ts, args)
		if difference == "" {
			return
		}
		if attempt == 3 {
			ts.Fatalf("%s", difference)
		}
	}
}

// sayBoth returns what differs, or "".
func sayBoth(ts *testscript.TestScript, args []string) string {
	var said [2][2]string
	for i, server := range []string{"", ts.Getenv("SERVER")} {
		ts.Setenv("LEAT_SERVER", server)
		answers(ts, false, append([]string{args[0], "leat"}, args[1:]...))
		said[i] = [2]string{ts.ReadFile("stdout"), ts.ReadFile("stderr")}
	}
	ts.Setenv("LEAT_SERVER", "")
	for i, stream := range []string{"standard output", "standard error"} {
		if said[0][i] != said[1][i] {
			return fmt.Sprintf("on %s, the stores say\n%s\nand the gateway says\n%s", stream, said[0][i], said[1][i])
		}
	}
	return ""
}

// findServer puts a free address into LISTEN, and the URL of a gateway there into
// SERVER.
//
//	server
func findServer(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer l.Close()
	ts.Setenv("LISTEN", l.Addr().String())
	ts.Setenv("SERVER", "http://"+l.Addr().String())
}

// makeToken puts a token of the default tenant, or of the installation, into a variable
// of the script.
//
//	token VARIABLE SCOPE,SCOPE [installation]
func makeToken(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: token VARIABLE SCOPE,SCOPE [installation]")
	}
	at, running, err := devstack.Running(ts.Getenv("LEAT_DATA"))
	ts.Check(err)
	if !running {
		ts.Fatalf("no leat dev is running")
	}
	cfg := stack.Addresses(at)
	cfg.Index = "leat"
	s, err := store.Open(context.Background(), store.Config{Stores: cfg, Parts: store.Postgres}, slog.New(slog.DiscardHandler))
	ts.Check(err)
	defer s.Close()
	made, err := service.New(service.Config{Index: cfg.Index}, s).CreateToken(context.Background(), service.CreateTokenRequest{
		Tenant: events.DefaultTenant, Name: "test", Scopes: strings.Split(args[1], ","), Installation: len(args) == 3,
	})
	ts.Check(err)
	ts.Setenv(args[0], made.Secret)
	ts.Check(os.WriteFile(ts.MkAbs("token"), []byte(made.Secret+"\n"), 0o600))
}
