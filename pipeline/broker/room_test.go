package broker_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/broker"
)

// Ready names a stream that takes nothing more, until it has room.
func TestReadyTellsAFullStream(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	publisher, b := s.connect(), s.connect() // told to whoever has published nothing, too
	top := topology()
	top.ChunkedBytes = 64 << 10
	ensure(t, b, top)
	if err := b.Ready(t.Context()); err != nil {
		t.Errorf("empty: %v", err)
	}
	fillUp(t, publisher, chunked)
	err := b.Ready(t.Context())
	if !errors.Is(err, broker.ErrFull) || !strings.Contains(err.Error(), broker.StreamChunked) {
		t.Errorf("full: %v, want %v with the stream's name", err, broker.ErrFull)
	}
	ensure(t, b, topology())
	if err := b.Ready(t.Context()); err != nil {
		t.Errorf("with a higher limit: %v", err)
	}
}

// Ready reports a server whose storage is exhausted, by whatever stream, until it takes
// a message again.
func TestReadyTellsAServerWithoutRoom(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	s.opts.JetStreamMaxStore = 5 << 20
	s.restart()
	b := s.connect()
	top := topology()
	top.IntakeBytes, top.ChunkedBytes, top.EmbeddedBytes, top.IndexedBytes = 1<<20, 1<<20, 1<<20, 1<<20
	ensure(t, b, top)
	_, js := s.bare()
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "OTHER", Subjects: []string{"other"}}); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := js.Publish(t.Context(), "other", make([]byte, 100<<10)); err != nil {
			break
		}
	}
	out := broker.Outgoing{Subject: chunked(), Data: []byte("1")}
	if err := b.Publisher().Send(t.Context(), out); !errors.Is(err, broker.ErrFull) {
		t.Fatalf("%v, want %v", err, broker.ErrFull)
	}
	if err := b.Ready(t.Context()); !errors.Is(err, broker.ErrFull) {
		t.Errorf("%v, want %v", err, broker.ErrFull)
	}
	if err := js.DeleteStream(t.Context(), "OTHER"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server to take it", func() bool { return b.Publisher().Send(t.Context(), out) == nil })
	if err := b.Ready(t.Context()); err != nil {
		t.Errorf("with room: %v", err)
	}
}

// If a tenant may submit no more, only that tenant is told: the others may submit.
func TestReadyIsNoTenantsMatter(t *testing.T) {
	t.Parallel()
	b := startServer(t).connect()
	top := topology()
	top.IntakePerTenant = 2
	ensure(t, b, top)
	submit(t, b, 2)
	if err := b.Publisher().Send(t.Context(), broker.Outgoing{Subject: events.SubmittedSubject("default"), Data: []byte("3")}); !errors.Is(err, broker.ErrFull) {
		t.Fatalf("%v, want %v", err, broker.ErrFull)
	}
	if err := b.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

// fillUp publishes to a stream until it takes nothing more.
func fillUp(t *testing.T, b *broker.Broker, subject func() string) {
	t.Helper()
	for range 10_000 {
		if err := b.Publisher().Send(t.Context(), broker.Outgoing{Subject: subject(), Data: make([]byte, 1<<10)}); errors.Is(err, broker.ErrFull) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the stream is never full")
}
