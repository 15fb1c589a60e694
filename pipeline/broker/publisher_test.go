package broker_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/broker"
)

// chunked is the subject of a document of its own.
func chunked() string {
	return events.ChunkedSubject(events.Live, "default", uuid.New(), uuid.New())
}

func state(t *testing.T, js jetstream.JetStream, stream string) jetstream.StreamState {
	t.Helper()
	s, err := js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().State
}

func TestPublishedMetadataArrives(t *testing.T) {
	t.Parallel()
	b := startServer(t).connect()
	ensure(t, b, topology())
	out := message.NewMessage("", []byte("payload"))
	out.Metadata = message.Metadata{"ce-id": "1", "empty": "", "utf8": "grün", "leat-subject": "forged"}
	before := time.Now()
	if err := b.Publisher().Publish(events.SubmittedSubject("acme"), out); err != nil {
		t.Fatal(err)
	}
	got := make(chan *message.Message, 1)
	route(t, b.Subscriber(ingestor(0)), func(msg *message.Message) error {
		got <- msg
		return nil
	})
	msg := receive(t, "the message", got)
	for key, want := range map[string]string{"ce-id": "1", "empty": "", "utf8": "grün"} {
		if value, found := msg.Metadata[key]; !found || value != want {
			t.Errorf("%s is %q (%t), want %q", key, value, found, want)
		}
	}
	if len(msg.Metadata) != 3 || string(msg.Payload) != "payload" || msg.UUID != "LEAT_INTAKE/1" {
		t.Errorf("message %s: %v, %q", msg.UUID, msg.Metadata, msg.Payload)
	}
	d := broker.DeliveryOf(msg.Context())
	if d.Subject != "leat.repo.submitted.acme" || d.Stream != broker.StreamIntake || d.Sequence != 1 || d.Count != 1 {
		t.Errorf("delivery %d of %s on %s", d.Count, d.ID(), d.Subject)
	}
	if d.Published.Before(before) || d.Published.After(time.Now()) {
		t.Errorf("published at %s", d.Published)
	}
}

func TestMessageIDIsPublishedOnce(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	ensure(t, b, topology())
	repository := uuid.New()
	for range 3 {
		msg := message.NewMessage("", nil)
		msg.Metadata[broker.MetaMsgID] = "same"
		// The intake forgets an id after a moment, so the test uses a stream that remembers it.
		if err := b.Publisher().Publish(events.CompletedSubject("default", repository), msg); err != nil {
			t.Fatal(err)
		}
	}
	_, js := s.bare()
	if got := state(t, js, broker.StreamIndexed).Msgs; got != 1 {
		t.Errorf("%d messages, want 1", got)
	}
}

func TestPublishingWhatCanNeverBeStoredIsRejected(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	ensure(t, b, topology())
	subject := events.SubmittedSubject("default")
	for name, out := range map[string]broker.Outgoing{
		"line break in a value":   {Subject: subject, Header: map[string]string{"a": "1\r\nNats-Rollup: all"}},
		"line feed in a value":    {Subject: subject, Header: map[string]string{"a": "1\nb: 2"}},
		"line break in a key":     {Subject: subject, Header: map[string]string{"a\r\nb": "1"}},
		"colon in a key":          {Subject: subject, Header: map[string]string{"a: b": "1"}},
		"empty key":               {Subject: subject, Header: map[string]string{"": "1"}},
		"no subject":              {},
		"subject with a space":    {Subject: subject + " x"},
		"too large for a stream":  {Subject: subject, Data: make([]byte, events.MaxBytes+32<<10)},
		"too large for NATS":      {Subject: subject, Data: make([]byte, 2<<20)},
		"headers too large":       {Subject: subject, Header: map[string]string{"a": strings.Repeat("x", 70<<10)}},
		"TTL on the intake":       {Subject: subject, Header: map[string]string{broker.MetaTTL: "1h"}},
		"TTL that is no duration": {Subject: chunked(), Header: map[string]string{broker.MetaTTL: "soon"}},
	} {
		err := b.Publisher().Send(t.Context(), broker.Outgoing{Subject: chunked()}, out)
		if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject {
			t.Errorf("%s: %v (%v), want a rejection", name, err, kind)
		}
	}
	_, js := s.bare()
	if got := state(t, js, broker.StreamIntake).Msgs; got != 0 {
		t.Errorf("%d messages were stored", got)
	}
}

func TestPublishingToNoStreamIsTriedAgain(t *testing.T) {
	t.Parallel()
	b := startServer(t).connect()
	err := b.Publisher().Publish(chunked(), message.NewMessage("", nil))
	if kind, after := fault.Of(err); !errors.Is(err, broker.ErrNoStream) || kind != fault.KindRetry || after != 0 {
		t.Errorf("%v (%v after %s), want ErrNoStream and a retry", err, kind, after)
	}
}

func TestPublishHonoursContext(t *testing.T) {
	t.Parallel()
	b := startServer(t).connect()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	msg := message.NewMessageWithContext(ctx, "", nil)
	if err := b.Publisher().Publish(chunked(), msg); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

func TestPublishNothing(t *testing.T) {
	t.Parallel()
	p := startServer(t).connect().Publisher()
	if err := errors.Join(p.Publish("x"), p.Send(t.Context()), p.Close()); err != nil {
		t.Error(err)
	}
}

// fill publishes messages of 1 KiB to subjects until one is refused, and returns how
// many were accepted.
func fill(t *testing.T, b *broker.Broker, subject func(i int) string) (stored int, err error) {
	t.Helper()
	for err == nil {
		if err = b.Publisher().Publish(subject(stored), message.NewMessage("", make([]byte, 1<<10))); err == nil {
			stored++
		}
		if stored > 10_000 {
			t.Fatal("the stream does not fill")
		}
	}
	return stored, err
}

func TestFullStreamRefusesAndDropsNothing(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	top := topology()
	top.IntakeBytes, top.ChunkedBytes = 64<<10, 64<<10
	ensure(t, b, top)
	_, js := s.bare()

	for stream, subject := range map[string]func(int) string{
		broker.StreamIntake:  func(int) string { return events.SubmittedSubject("default") },
		broker.StreamChunked: func(int) string { return chunked() },
	} {
		stored, err := fill(t, b, subject)
		if kind, after := fault.Of(err); kind != fault.KindRetry || after <= 0 {
			t.Errorf("%s is full: %v (%v after %s), want a retry after a pause", stream, err, kind, after)
		}
		if got := state(t, js, stream); got.Msgs != uint64(stored) || got.FirstSeq != 1 {
			t.Errorf("%s holds %d messages from %d, want the %d acknowledged", stream, got.Msgs, got.FirstSeq, stored)
		}
	}
}

// A document's next state takes no more room than the last one.
func TestFullCompactedStreamTakesReplacements(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	top := topology()
	top.ChunkedBytes = 64 << 10
	ensure(t, b, top)
	var subjects []string
	stored, _ := fill(t, b, func(int) string {
		subjects = append(subjects, chunked())
		return subjects[len(subjects)-1]
	})
	for range 3 {
		if err := b.Publisher().Publish(subjects[0], message.NewMessage("", make([]byte, 1<<10))); err != nil {
			t.Fatal(err)
		}
	}
	_, js := s.bare()
	if got := state(t, js, broker.StreamChunked).Msgs; got != uint64(stored) {
		t.Errorf("%d messages, want %d", got, stored)
	}
}

func TestCompactedStreamKeepsTheLastOfEachSubject(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	ensure(t, b, topology())
	one, other := chunked(), chunked()
	var out []broker.Outgoing
	for i := range 50 {
		out = append(out, broker.Outgoing{Subject: one, Data: fmt.Append(nil, i)})
	}
	out = append(out, broker.Outgoing{Subject: other})
	if err := b.Publisher().Send(t.Context(), out...); err != nil {
		t.Fatal(err)
	}
	_, js := s.bare()
	if got := state(t, js, broker.StreamChunked).Msgs; got != 2 {
		t.Errorf("%d messages, want one a subject", got)
	}
	stream, err := js.Stream(t.Context(), broker.StreamChunked)
	if err != nil {
		t.Fatal(err)
	}
	last, err := stream.GetLastMsgForSubject(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	if string(last.Data) != "49" {
		t.Errorf("kept message %s, want the last, 49", last.Data)
	}
}

func TestTombstoneExpires(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	ensure(t, b, topology())
	gone, stays := chunked(), chunked()
	if err := b.Publisher().Send(t.Context(),
		broker.Outgoing{Subject: gone}, broker.Outgoing{Subject: stays},
		broker.Outgoing{Subject: gone, Header: map[string]string{broker.MetaTTL: "1s"}}); err != nil {
		t.Fatal(err)
	}
	_, js := s.bare()
	if got := state(t, js, broker.StreamChunked).Msgs; got != 2 {
		t.Errorf("%d messages, want the document and the tombstone", got)
	}
	eventually(t, "the tombstone to expire", func() bool { return state(t, js, broker.StreamChunked).Msgs == 1 })
	stream, err := js.Stream(t.Context(), broker.StreamChunked)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.GetLastMsgForSubject(t.Context(), stays); err != nil {
		t.Errorf("the other document: %v", err)
	}
}

// When a limit is lowered below the content of a stream, the stream refuses new messages
// and drops none. A publisher that waits for room goes on when the limit is raised.
func TestSendWhenRoomWaitsForRoom(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	top := topology()
	ensure(t, b, top)
	for range 100 {
		if err := b.Publisher().Publish(chunked(), message.NewMessage("", make([]byte, 1<<10))); err != nil {
			t.Fatal(err)
		}
	}
	top.ChunkedBytes = 64 << 10
	ensure(t, b, top)
	_, js := s.bare()
	if got := state(t, js, broker.StreamChunked); got.Msgs != 100 {
		t.Errorf("of 100 messages, a lower limit left %d", got.Msgs)
	}
	out := []broker.Outgoing{{Subject: chunked(), Data: []byte("1")}, {Subject: chunked(), Data: []byte("2")}}
	if err := b.Publisher().Send(t.Context(), out...); !errors.Is(err, broker.ErrFull) {
		t.Errorf("%v, want %v", err, broker.ErrFull)
	}
	sent := make(chan error, 1)
	go func() { sent <- b.Publisher().SendWhenRoom(t.Context(), out...) }()
	select {
	case err := <-sent:
		t.Fatalf("a full stream took it, or it was given up: %v", err)
	default:
	}
	ensure(t, b, topology())
	if err := receive(t, "the stream to take it", sent); err != nil {
		t.Error(err)
	}
	if got := state(t, js, broker.StreamChunked); got.Msgs != 102 {
		t.Errorf("%d messages, want 102", got.Msgs)
	}

	ensure(t, b, top)
	ctx, cancel := context.WithCancel(t.Context())
	// A full stream still takes a message in the place of one of the same size on its subject.
	fresh := broker.Outgoing{Subject: chunked(), Data: []byte("3")}
	go func() { sent <- b.Publisher().SendWhenRoom(ctx, fresh) }()
	cancel()
	if err := receive(t, "the wait to end", sent); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}
