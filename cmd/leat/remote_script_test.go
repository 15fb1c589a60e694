package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/webhook"
)

// TestGatewayAndStoresSayTheSame runs commands over the stores and over a gateway.
func TestGatewayAndStoresSayTheSame(t *testing.T) {
	p := params("testdata/remote")
	p.Cmds["same"] = sayTheSame
	p.Cmds["token"] = makeToken
	p.Cmds["server"] = findServer
	p.Cmds["deliver"] = deliver
	testscript.Run(t, p)
}

// sayTheSame runs a command over the stores and over the gateway that SERVER names, and
// compares exit code and output, byte for byte. The command's output becomes the script's
// stdout and stderr. The workers go on between the two runs, so a difference counts only if
// it stays. What the workers are still to do shows in both answers: a script that looks into
// them waits for it before.
//
//	same CODE args...
func sayTheSame(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: same CODE args...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	var difference string
	for deadline := time.Now().Add(patience); ; {
		if difference = sayBoth(ts, want, args[1:]); difference == "" {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s", difference)
		}
	}
}

// sayBoth returns the difference, or "".
func sayBoth(ts *testscript.TestScript, want int, args []string) string {
	var said [2][2]string
	for i, server := range []string{"", ts.Getenv("SERVER")} {
		ts.Setenv("LEAT_SERVER", server)
		code := exitCode(ts, append([]string{"leat"}, args...))
		ts.Setenv("LEAT_SERVER", "")
		said[i] = [2]string{ts.ReadFile("stdout"), ts.ReadFile("stderr")}
		if code != want {
			return fmt.Sprintf("with LEAT_SERVER=%q, the exit code is %d, want %d:\n%s%s", server, code, want, said[i][0], said[i][1])
		}
	}
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
	address, err := testenv.FindAddress()
	ts.Check(err)
	ts.Setenv("LISTEN", address)
	ts.Setenv("SERVER", "http://"+address)
}

// deliver sends a signed delivery to a generic hook through the gateway that SERVER names.
// The hook has the secret that secret.txt holds.
//
//	deliver HOOK BODY
func deliver(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: deliver HOOK BODY")
	}
	answers(ts, false, []string{"0", "leat", "hook", "list", "--json"})
	var list service.HooksAnswer
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &list))
	at := slices.IndexFunc(list.Hooks, func(h service.Hook) bool { return h.Name == args[0] })
	if at < 0 {
		ts.Fatalf("there is no hook %s", args[0])
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, ts.Getenv("SERVER")+list.Hooks[at].Path, strings.NewReader(args[1]))
	ts.Check(err)
	secret := strings.TrimSpace(ts.ReadFile("secret.txt"))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Leat-Delivery", rand.Text())
	r.Header.Set("X-Leat-Signature", webhook.Sign(secret, []byte(args[1])))
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusAccepted {
		ts.Fatalf("the gateway answers %s", answer.Status)
	}
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
