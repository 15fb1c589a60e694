package broker_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/broker"
)

// rawPublish speaks the NATS protocol by hand, because no client library would
// send what a hostile one can.
func rawPublish(t *testing.T, s *natsServer, header, payload string) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(conn, "CONNECT {\"headers\":true,\"verbose\":false}\r\nHPUB %s %d %d\r\n%s%s\r\nPING\r\n",
		events.SubmittedSubject("default"), len(header), len(header)+len(payload), header, payload)
	if err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 0, 8<<10)
	for !strings.Contains(string(answer), "PONG") {
		chunk := make([]byte, 4<<10)
		n, err := conn.Read(chunk)
		if err != nil {
			t.Fatalf("the server hangs up after %q: %v", answer, err)
		}
		answer = append(answer, chunk[:n]...)
	}
	if strings.Contains(string(answer), "-ERR") {
		t.Fatalf("the server refuses: %q", answer)
	}
}

func TestOddMessagesNeitherCrashNorStall(t *testing.T) {
	t.Parallel()
	var thousand strings.Builder
	for i := range 1200 {
		fmt.Fprintf(&thousand, "X%d: %d\r\n", i, i)
	}
	odd := []struct{ name, header, payload string }{
		{"nothing at all", "NATS/1.0\r\n\r\n", ""},
		{"several values", "NATS/1.0\r\nA: 1\r\nA: 2\r\nA: 3\r\n\r\n", "x"},
		{"empty value", "NATS/1.0\r\nA:\r\nB: \r\n\r\n", "x"},
		{"empty key", "NATS/1.0\r\n: 1\r\n: 2\r\n\r\n", "x"},
		{"binary", "NATS/1.0\r\nA: \x00\xff\xfe\x80\r\n\xff\x00: \x01\r\n\r\n", "\x00\xff"},
		{"no colon", "NATS/1.0\r\nnonsense\r\n\r\n", "x"},
		{"no end", "NATS/1.0\r\nA: 1", "x"},
		{"no header line", "A: 1\r\n\r\n", "x"},
		{"a thousand", "NATS/1.0\r\n" + thousand.String() + "\r\n", "x"},
		{"claims that the pull expired", "NATS/1.0\r\nStatus: 408\r\n\r\n", ""},
		{"claims a conflict", "NATS/1.0\r\nStatus: 409\r\nDescription: Consumer Deleted\r\n\r\n", ""},
		{"claims a bad request", "NATS/1.0\r\nStatus: 400\r\n\r\n", ""},
		{"claims that nobody listens, inline", "NATS/1.0 503\r\n\r\n", ""},
		{"claims a heartbeat, inline", "NATS/1.0 100 Idle Heartbeat\r\n\r\n", ""},
		{"claims a pin", "NATS/1.0\r\nNats-Pin-Id: mine\r\n\r\n", "x"},
		{"claims another subject", "NATS/1.0\r\nNats-Subject: other\r\nleat-subject: leat.repo.submitted.other\r\nleat-x: 1\r\n\r\n", "x"},
	}
	s := startServer(t)
	b := s.connect()
	ensure(t, b, patient())

	got := make(chan *message.Message, 4*len(odd))
	route(t, b.Subscriber(ingestor(2)), func(msg *message.Message) error {
		got <- msg
		return nil
	})
	for _, tt := range odd {
		rawPublish(t, s, tt.header, tt.payload)
		msg := receive(t, "a message with "+tt.name, got)
		if string(msg.Payload) != tt.payload {
			t.Errorf("%s: payload %q, want %q", tt.name, msg.Payload, tt.payload)
		}
		d := broker.DeliveryOf(msg.Context())
		if d.Subject != events.SubmittedSubject("default") || d.Count != 1 || msg.Metadata["leat-x"] != "" || msg.Metadata["leat-subject"] != "" {
			t.Errorf("%s: delivery %d on %s, metadata %v", tt.name, d.Count, d.Subject, msg.Metadata)
		}
		if tt.name == "several values" && msg.Metadata["A"] != "1" {
			t.Errorf("header A is %q, want the first value", msg.Metadata["A"])
		}
	}
	submit(t, b, 1)
	if msg := receive(t, "an ordinary message", got); string(msg.Payload) != "0" {
		t.Errorf("payload %q, want 0", msg.Payload)
	}
	settled(t, b)
	if err := b.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestIntakeAllowsNothingButSubmitting(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	ensure(t, b, topology())
	submit(t, b, 3)

	for _, header := range []string{
		"Nats-Rollup: all", "Nats-Rollup: sub", "Nats-TTL: 1s",
		"Nats-Schedule: @at 2035-01-01T00:00:00Z\r\nNats-Schedule-Target: leat.repo.submitted.default",
		"Nats-Batch-Id: b\r\nNats-Batch-Sequence: 1", "Nats-Incr: 1",
	} {
		rawPublish(t, s, "NATS/1.0\r\n"+header+"\r\n\r\n", "x")
	}
	_, js := s.bare()
	stream, err := js.Stream(t.Context(), broker.StreamIntake)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err == nil {
		t.Error("purged")
	}
	if err := stream.DeleteMsg(t.Context(), 1); err == nil {
		t.Error("deleted a message")
	}
	info, err := stream.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.State.Msgs != 3 {
		t.Errorf("%d messages, want the 3 submitted", info.State.Msgs)
	}
}
