package main

import (
	"context"
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
// script's stdout and stderr.
//
//	same CODE args...
func sayTheSame(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: same CODE args...")
	}
	var said [2][2]string
	for i, server := range []string{"", ts.Getenv("SERVER")} {
		ts.Setenv("LEAT_SERVER", server)
		answers(ts, false, append([]string{args[0], "leat"}, args[1:]...))
		said[i] = [2]string{ts.ReadFile("stdout"), ts.ReadFile("stderr")}
	}
	ts.Setenv("LEAT_SERVER", "")
	for i, stream := range []string{"standard output", "standard error"} {
		if said[0][i] != said[1][i] {
			ts.Fatalf("on %s, the stores say\n%s\nand the gateway says\n%s", stream, said[0][i], said[1][i])
		}
	}
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

// makeToken puts a token of the default tenant into a variable of the script.
//
//	token VARIABLE SCOPE,SCOPE
func makeToken(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: token VARIABLE SCOPE,SCOPE")
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
		Tenant: events.DefaultTenant, Name: "test", Scopes: strings.Split(args[1], ","),
	})
	ts.Check(err)
	ts.Setenv(args[0], made.Secret)
	ts.Check(os.WriteFile(ts.MkAbs("token"), []byte(made.Secret+"\n"), 0o600))
}
