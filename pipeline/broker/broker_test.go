package broker_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/leatworks/leat/pipeline/broker"
)

const secret = "s3cr3t-Passw0rd"

func TestConnectErrorsHoldNoCredentials(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	at := s.Addr().String()
	s.opts.Username, s.opts.Password = "leat", "another"
	s.restart()
	closed := "127.0.0.1:1"
	for name, url := range map[string]string{
		"wrong password":     "nats://leat:" + secret + "@" + at,
		"nobody listens":     "nats://leat:" + secret + "@" + closed,
		"token":              "nats://" + secret + "@" + closed,
		"not a URL":          "nats://leat:" + secret + "@host:%zz",
		"password as a port": "nats://leat:" + secret,
		"a bad escape":       "leat:" + secret + "%@" + at,
		"several":            "nats://leat:" + secret + "@" + closed + ", nats://x y:" + secret + "@" + closed,
		"no host":            "nats://leat:" + secret + "@",
		"empty":              "",
	} {
		var log bytes.Buffer
		b, err := broker.Connect(t.Context(), broker.Config{URL: url, Timeout: 5 * time.Second}, slog.New(slog.NewTextHandler(&log, nil)))
		if err == nil {
			b.Close()
			t.Errorf("%s: connected", name)
			continue
		}
		if strings.Contains(err.Error(), secret) || strings.Contains(log.String(), secret) {
			t.Errorf("%s: the password is told in %q, log %q", name, err, log.String())
		}
	}
}

func TestLogHoldsNoCredentials(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	s.opts.Username, s.opts.Password = "leat", secret
	s.restart()
	lines := make(logged, 64)
	b, err := broker.Connect(t.Context(), broker.Config{URL: "nats://leat:" + secret + "@" + s.Addr().String()}, slog.New(slog.NewTextHandler(lines, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	s.restart()
	for {
		line := receive(t, "the log to tell of the restart", lines)
		if strings.Contains(line, secret) {
			t.Errorf("the log tells the password: %s", line)
		}
		if strings.Contains(line, "connected to NATS again") {
			return
		}
	}
}

// logged is a log that a test waits on.
type logged chan string

func (l logged) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

func TestToken(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	s.opts.Authorization = secret
	s.restart()
	b, err := broker.Connect(t.Context(), broker.Config{URL: s.ClientURL(), Token: secret}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestMissingCredentialsFile(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	_, err := broker.Connect(t.Context(), broker.Config{URL: s.ClientURL(), CredentialsFile: "/does/not/exist.creds"}, slog.New(slog.DiscardHandler))
	if err == nil {
		t.Error("connected without the credentials that were asked for")
	}
}

// A server that accepts and says nothing must not hold up a worker that stops.
func TestConnectHonoursContext(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	began := time.Now()
	_, err = broker.Connect(ctx, broker.Config{URL: "nats://" + l.Addr().String(), Timeout: patience}, slog.New(slog.DiscardHandler))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	if took := time.Since(began); took > patience/2 {
		t.Errorf("took %s", took)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	if err := b.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	s.stop()
	eventually(t, "Ready to miss the server", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second) // a question that was on its way has no answer
		defer cancel()
		return b.Ready(ctx) != nil
	})
}

func TestReadyWithoutJetStream(t *testing.T) {
	t.Parallel()
	s := &natsServer{t: t, opts: server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true}}
	s.start()
	t.Cleanup(s.stop)
	if err := s.connect().Ready(t.Context()); err == nil {
		t.Error("ready without JetStream")
	}
}

func TestLagOfUnknownConsumer(t *testing.T) {
	t.Parallel()
	if _, err := startServer(t).connect().Lag(t.Context(), broker.StreamIntake, "nobody"); err == nil {
		t.Error("a consumer that does not exist has a lag")
	}
}
