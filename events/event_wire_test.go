package events_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/events"
)

const patience = time.Minute

// A system that knows nothing of leat but docs/events.md publishes on a real server,
// as a user with the permissions of that page. Then the message is read as the
// ingestor would read it.
func TestPublishWithNothingOfOurs(t *testing.T) {
	url := startServer(t)
	admin := connect(t, url, nats.UserInfo("admin", "admin"))
	js, err := jetstream.New(admin)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "LEAT_INTAKE", Subjects: []string{"leat.repo.submitted.*"}})
	if err != nil {
		t.Fatal(err)
	}
	acme := connect(t, url, nats.UserInfo("acme-ci", "secret"), nats.CustomInboxPrefix("_INBOX_acme"))
	for i, p := range publications(t) {
		msg := &nats.Msg{Subject: strings.Replace(p.subject, ".default", ".acme", 1), Header: make(nats.Header), Data: []byte(p.body)}
		for name, value := range p.header {
			msg.Header.Add(name, value)
		}
		msg.Header.Add("ce-subject", "first")
		msg.Header.Add("ce-subject", "second")
		answer, err := acme.RequestMsg(msg, patience)
		if err != nil {
			t.Fatal(err)
		}
		var ack struct{ Stream string }
		if err := json.Unmarshal(answer.Data, &ack); err != nil || ack.Stream != "LEAT_INTAKE" {
			t.Fatalf("answer = %s, %v", answer.Data, err)
		}
		stored, err := stream.GetMsg(t.Context(), uint64(i+1))
		if err != nil {
			t.Fatal(err)
		}
		h := make(events.Header)
		for name, values := range stored.Header {
			h[name] = values[0]
		}
		e, err := events.Decode(h, stored.Data)
		if err != nil {
			t.Fatal(err)
		}
		data, err := e.ParseSubmitted(stored.Subject)
		if err != nil {
			t.Fatal(err)
		}
		if data.Tenant != "acme" || data.URL != "https://github.com/leatworks/leat.git" {
			t.Errorf("data = %+v", data)
		}
	}
}

// The permissions of docs/events.md keep a tenant's system to its tenant's subjects.
func TestPermissionsOfThePage(t *testing.T) {
	url := startServer(t)
	for name, trespass := range map[string]func(*nats.Conn) error{
		"submit for another tenant": func(c *nats.Conn) error { return c.Publish("leat.repo.submitted.other", nil) },
		"publish on our stream":     func(c *nats.Conn) error { return c.Publish("leat.document.chunked.live.acme.r.d", nil) },
		"delete a stream":           func(c *nats.Conn) error { return c.Publish("$JS.API.STREAM.DELETE.LEAT_INTAKE", nil) },
		"watch another tenant":      func(c *nats.Conn) error { _, err := c.SubscribeSync("leat.repo.indexed.other.*"); return err },
		"watch all":                 func(c *nats.Conn) error { _, err := c.SubscribeSync(">"); return err },
	} {
		t.Run(name, func(t *testing.T) {
			refusals := make(chan error, 1)
			acme := connect(t, url, nats.UserInfo("acme-ci", "secret"), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
				select {
				case refusals <- err:
				default:
				}
			}))
			if err := trespass(acme); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-refusals:
				if !errors.Is(err, nats.ErrPermissionViolation) {
					t.Errorf("refused with %v, want a violation of permissions", err)
				}
			case <-time.After(patience):
				t.Error("the server did not refuse")
			}
		})
	}
	acme := connect(t, url, nats.UserInfo("acme-ci", "secret"))
	own, err := acme.SubscribeSync("leat.repo.indexed.acme.*")
	if err != nil {
		t.Fatal(err)
	}
	if err := acme.Flush(); err != nil {
		t.Fatal(err)
	}
	admin := connect(t, url, nats.UserInfo("admin", "admin"))
	if err := admin.Publish("leat.repo.indexed.acme.r", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := own.NextMsg(patience); err != nil {
		t.Errorf("watch its own: %v", err)
	}
}

// A message's header may ask the server to report the message's way to a subject. Such a
// report is a publication like any other, and is refused if the user may not publish there.
func TestATraceGoesWhereItsUserMayPublish(t *testing.T) {
	url := startServer(t)
	admin := connect(t, url, nats.UserInfo("admin", "admin"))
	foreign, err := admin.SubscribeSync("leat.repo.submitted.other")
	if err != nil {
		t.Fatal(err)
	}
	if err := admin.Flush(); err != nil {
		t.Fatal(err)
	}
	refusals := make(chan error, 1)
	acme := connect(t, url, nats.UserInfo("acme-ci", "secret"), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
		select {
		case refusals <- err:
		default:
		}
	}))
	traced := &nats.Msg{Subject: "leat.repo.submitted.acme", Header: nats.Header{"Nats-Trace-Dest": {foreign.Subject}}}
	if err := acme.PublishMsg(traced); err != nil {
		t.Fatal(err)
	}
	if err := acme.Flush(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-refusals:
		if !errors.Is(err, nats.ErrPermissionViolation) {
			t.Errorf("refused with %v, want a violation of permissions", err)
		}
	case <-time.After(patience):
		t.Error("the server did not refuse")
	}
	// A report by the server would have come before this message.
	if err := admin.Publish(foreign.Subject, []byte("own")); err != nil {
		t.Fatal(err)
	}
	if msg, err := foreign.NextMsg(patience); err != nil || string(msg.Data) != "own" {
		t.Errorf("on a foreign subject stands %s, %v", msg.Data, err)
	}
}

// startServer runs a server with the configuration of the page and with an admin. The
// server is the program that LEAT_NATS_SERVER names, or the one that leat is built with.
func startServer(t *testing.T) string {
	t.Helper()
	config := pageConfig(t)
	if program := os.Getenv("LEAT_NATS_SERVER"); program != "" {
		return startProgram(t, program, config)
	}
	options, err := server.ProcessConfigFile(config)
	if err != nil {
		t.Fatal(err)
	}
	options.Host, options.Port = "127.0.0.1", server.RANDOM_PORT
	options.JetStream, options.StoreDir = true, t.TempDir()
	options.NoSigs, options.NoLog = true, true
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server did not start")
	}
	return s.ClientURL()
}

// startProgram runs a nats-server as a process, which writes its address to a
// file when it listens.
func startProgram(t *testing.T, program, config string) string {
	t.Helper()
	ports := t.TempDir()
	cmd := exec.Command(program, "-c", config, "-a", "127.0.0.1", "-p", "-1", "-js", "-sd", t.TempDir(), "--ports_file_dir", ports)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var told struct{ NATS []string }
	for deadline := time.Now().Add(patience); len(told.NATS) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not start", program)
		}
		files, _ := filepath.Glob(filepath.Join(ports, "*.ports"))
		for _, file := range files {
			if text, err := os.ReadFile(file); err == nil {
				_ = json.Unmarshal(text, &told) // half a file is read again
			}
		}
	}
	return told.NATS[0]
}

// pageConfig writes the configuration of the page, with an admin, to a file.
func pageConfig(t *testing.T) string {
	t.Helper()
	blocks := fenced(readPage(t), "conf")
	if len(blocks) != 1 {
		t.Fatalf("%s holds %d configurations, want 1", page, len(blocks))
	}
	t.Setenv("ACME_CI_PASSWORD", "secret")
	t.Setenv("LEAT_PASSWORD", "secret")
	config := filepath.Join(t.TempDir(), "nats.conf")
	content := strings.Replace(blocks[0], "users = [", "users = [{user: admin, password: admin}", 1)
	if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return config
}

func connect(t *testing.T, url string, options ...nats.Option) *nats.Conn {
	t.Helper()
	c, err := nats.Connect(url, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}
