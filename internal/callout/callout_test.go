package callout_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/account"
	"github.com/leatworks/leat/internal/callout"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/pipeline/broker"
)

func TestMain(m *testing.M) { testenv.Main(m) }

const patience = 2 * time.Minute

// tokens are grants by their secrets.
type tokens struct {
	mu   sync.Mutex
	list map[string]access.Grant
}

func (k *tokens) Authenticate(_ context.Context, secret string) (access.Grant, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	g, found := k.list[secret]
	if !found {
		return g, errors.New("the token is not valid")
	}
	return g, nil
}

func (k *tokens) revoke(secret string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.list, secret)
}

// log may be written by many goroutines.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

type place struct {
	url    string
	tokens *tokens
	log    *log
	leat   *broker.Publisher
}

// serve runs a nats-server with an account of acme, and a callout.
func serve(t *testing.T, variant account.Variant, lifetime time.Duration) *place {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "nats")
	w, err := account.Write(account.Config{Dir: dir, Variant: variant, Tenants: []string{"acme", "other"}, StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	read, submit := []access.Scope{access.ScopeRead}, []access.Scope{access.ScopeSubmit}
	p := &place{url: testenv.NATSProcess(t, w.Config), log: &log{}, tokens: &tokens{list: map[string]access.Grant{
		"leat_submit":       {Tenant: "acme", Token: "1", Scopes: submit},
		"leat_read":         {Tenant: "acme", Token: "2", Scopes: read},
		"leat_both":         {Tenant: "acme", Token: "3", Scopes: []access.Scope{access.ScopeRead, access.ScopeSubmit}},
		"leat_search":       {Tenant: "acme", Token: "4", Scopes: []access.Scope{access.ScopeSearch, access.ScopeAdmin}},
		"leat_some":         {Tenant: "acme", Token: "5", Scopes: read, Repositories: []string{"github.com/acme/*"}},
		"leat_installation": {Token: "6", Scopes: append(read, submit...)},
		"leat_stranger":     {Tenant: "stranger", Token: "7", Scopes: read},
	}}}
	cfg, err := account.LoadCallout(w.Callout)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := account.LoadCallout(filepath.Join(dir, "nats.conf")); err == nil {
		t.Error("a configuration of a server is read as a callout's")
	}
	c, err := callout.New(callout.Config{URL: p.url, Callout: cfg, Lifetime: lifetime}, p.tokens, slog.New(slog.NewTextHandler(p.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	credentials := ""
	for _, u := range w.Users {
		if u.Name == "operator" {
			credentials = u.Credentials
		}
	}
	b, err := broker.Connect(t.Context(), broker.Config{URL: p.url, CredentialsFile: credentials}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if err := b.Ensure(t.Context(), broker.DefaultTopology()); err != nil {
		t.Fatal(err)
	}
	p.leat = b.Publisher()
	// The callout has subscribed once it lets a known client in.
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		conn, err := p.connect("leat_both", "3")
		if err == nil {
			conn.Close()
			return p
		}
		if time.Now().After(deadline) {
			t.Fatalf("the callout lets nobody in: %v\n%s", err, p.log)
		}
	}
}

func (p *place) connect(token, id string, options ...nats.Option) (*nats.Conn, error) {
	options = append(options, nats.UserInfo("anybody", token), nats.CustomInboxPrefix(broker.Inbox(id)), nats.Timeout(patience))
	return nats.Connect(p.url, options...)
}

func each(t *testing.T, fn func(*testing.T, account.Variant)) {
	for _, variant := range []account.Variant{account.Operator, account.Users} {
		t.Run(string(variant), func(t *testing.T) {
			t.Parallel()
			fn(t, variant)
		})
	}
}

func TestATokenIsAPassword(t *testing.T) {
	each(t, func(t *testing.T, variant account.Variant) {
		p := serve(t, variant, time.Hour)
		refusals := make(chan error, 8)
		noted := nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refusals <- err })
		refused := func(what string, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-refusals:
				if !errors.Is(err, nats.ErrPermissionViolation) {
					t.Errorf("%s: %v", what, err)
				}
			case <-time.After(patience):
				t.Errorf("%s is not refused", what)
			}
		}
		submitter, err := p.connect("leat_submit", "1", noted)
		if err != nil {
			t.Fatal(err)
		}
		defer submitter.Close()
		ack, err := submitter.Request("leat.repo.submitted.acme", []byte("{}"), patience)
		if err != nil || !strings.Contains(string(ack.Data), broker.StreamIntake) {
			t.Errorf("a submission is answered with %v, %v", ack, err)
		}
		for _, subject := range []string{"leat.repo.submitted.other", "leat.repo.indexed.acme.x", "$JS.API.STREAM.PURGE.LEAT_INTAKE", "$JS.leat.API.CONSUMER.MSG.NEXT.LEAT_INDEXED.listener-acme"} {
			refused("to publish on "+subject, submitter.Publish(subject, nil))
		}
		for _, subject := range []string{"leat.repo.indexed.acme.*", "_INBOX.2.>", "_INBOX.>", ">"} {
			_, err := submitter.SubscribeSync(subject)
			refused("to subscribe to "+subject, err)
		}
		reader, err := p.connect("leat_read", "2", noted)
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		heard, err := reader.SubscribeSync("leat.repo.indexed.acme.*")
		if err != nil {
			t.Fatal(err)
		}
		if err := reader.Flush(); err != nil {
			t.Fatal(err)
		}
		refused("a reader's submission", reader.Publish("leat.repo.submitted.acme", nil))
		_, err = reader.SubscribeSync("leat.repo.indexed.other.*")
		refused("another tenant's events", err)
		for _, subject := range []string{"leat.repo.indexed.other.x", "leat.repo.indexed.acme.x"} {
			if err := p.leat.Send(t.Context(), broker.Outgoing{Subject: subject}); err != nil {
				t.Fatal(err)
			}
		}
		if msg, err := heard.NextMsg(patience); err != nil || msg.Subject != "leat.repo.indexed.acme.x" {
			t.Errorf("a reader hears %v, %v", msg, err)
		}
		if text := p.log.String(); strings.Contains(text, "leat_") {
			t.Errorf("the log shows a token:\n%s", text)
		}
	})
}

func TestOtherPasswordsAreRefused(t *testing.T) {
	each(t, func(t *testing.T, variant account.Variant) {
		p := serve(t, variant, time.Hour)
		for _, token := range []string{"", "leat_unknown", "leat_search", "leat_some", "leat_installation", "leat_stranger", strings.Repeat("x", 3000), "leat_both\x00"} {
			conn, err := p.connect(token, "3")
			if err == nil {
				conn.Close()
				t.Errorf("%.40q is let in", token)
			} else if !errors.Is(err, nats.ErrAuthorization) && !strings.Contains(err.Error(), "Authorization") {
				t.Errorf("%.40q: %v", token, err)
			}
		}
		if text := p.log.String(); !strings.Contains(text, "some repositories") || strings.Contains(text, "leat_") {
			t.Errorf("the log says\n%s", text)
		}
	})
}

// A client must give its token again after a short time. A revoked token no longer lets it in.
func TestARevokedTokenEndsItsConnections(t *testing.T) {
	each(t, func(t *testing.T, variant account.Variant) {
		p := serve(t, variant, 5*time.Second)
		again, closed := make(chan struct{}, 64), make(chan struct{})
		conn, err := p.connect("leat_submit", "1", nats.ReconnectWait(10*time.Millisecond), nats.MaxReconnects(-1),
			nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
			nats.ReconnectHandler(func(*nats.Conn) { again <- struct{}{} }), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for _, step := range []struct {
			what   string
			signal <-chan struct{}
		}{{"the client to come in again", again}, {"the client to be shut out", closed}} {
			select {
			case <-step.signal:
			case <-time.After(patience):
				t.Fatalf("waited %s for %s", patience, step.what)
			}
			p.tokens.revoke("leat_submit")
		}
	})
}
