package nats_test

import (
	"bytes"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	devnats "github.com/leatworks/leat/devstack/nats"
	"github.com/leatworks/leat/internal/testenv/leak"
)

func start(t *testing.T, cfg devnats.Config) *devnats.Server {
	t.Helper()
	cfg.Token = "token"
	began := time.Now()
	s, err := devnats.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %v", time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func connect(t *testing.T, url string) jetstream.JetStream {
	t.Helper()
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func TestMessagesSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	s := start(t, devnats.Config{Dir: dir})
	js := connect(t, s.URL())
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "kept", Subjects: []string{"kept.>"}}); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := js.Publish(t.Context(), "kept.one", []byte("message")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = start(t, devnats.Config{Dir: dir})
	stream, err := connect(t, s.URL()).Stream(t.Context(), "kept")
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Msgs; n != 100 {
		t.Errorf("%d messages are left of 100", n)
	}
}

func TestOnlyTheTokenOpens(t *testing.T) {
	s := start(t, devnats.Config{Dir: t.TempDir()})
	bare := "nats://" + s.URL()[strings.Index(s.URL(), "@")+1:]
	conn, err := nats.Connect(bare)
	if err == nil {
		conn.Close()
		t.Error("a client without the token was let in")
	}
}

func TestTakenPortIsAnError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s, err := devnats.Start(t.Context(), devnats.Config{Dir: t.TempDir(), Addr: l.Addr().String(), Token: "token"})
	if err == nil {
		s.Close()
		t.Fatal("started on a port that was taken")
	}
	if !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("error %q does not name the reason", err)
	}
}

func TestItLogsAtDebugLevelAndLeavesNothingBehind(t *testing.T) {
	ignore := goleak.IgnoreCurrent()
	var log bytes.Buffer
	s := start(t, devnats.Config{Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if log.Len() != 0 {
		t.Errorf("logged above debug level: %s", &log)
	}
	leak.VerifyNone(t, ignore)
}
