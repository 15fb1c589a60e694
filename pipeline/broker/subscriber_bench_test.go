package broker_test

import (
	"sync/atomic"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/broker"
)

// BenchmarkRouter256 consumes a backlog through Watermill's Router with 256 messages in
// flight. As a floor, it consumes one with the client library's own loop and without
// Watermill. Compare the two figures of msg/s.
func BenchmarkRouter256(b *testing.B) {
	b.Run("router", func(b *testing.B) {
		worker, _ := backlog(b)
		var handled atomic.Int64
		done := make(chan struct{})
		consume(b, done, func() (stop func()) {
			return route(b, worker.Subscriber(ingestor(256)), func(*message.Message) error {
				if handled.Add(1) == int64(b.N) {
					close(done)
				}
				return nil
			})
		})
	})
	b.Run("floor", func(b *testing.B) {
		_, js := backlog(b)
		found, err := js.Consumer(b.Context(), broker.StreamIntake, broker.ConsumerIngestor)
		if err != nil {
			b.Fatal(err)
		}
		handled, done := 0, make(chan struct{})
		consume(b, done, func() (stop func()) {
			running, err := found.Consume(func(msg jetstream.Msg) {
				if err := msg.Ack(); err != nil {
					b.Error(err)
				}
				if handled++; handled == b.N {
					close(done)
				}
			}, jetstream.PullMaxMessages(256))
			if err != nil {
				b.Fatal(err)
			}
			return func() {
				running.Stop()
				<-running.Closed()
			}
		})
	})
}

// consume times from the first request to the last message.
func consume(b *testing.B, done <-chan struct{}, start func() (stop func())) {
	b.ReportAllocs()
	b.ResetTimer()
	stop := start()
	await(b, "the backlog to be consumed", done)
	b.StopTimer()
	stop()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

// backlog submits b.N messages of an event's size.
func backlog(b *testing.B) (*broker.Broker, jetstream.JetStream) {
	b.Helper()
	s := startServer(b)
	worker := s.connect()
	top := topology()
	top.IntakeBytes = 4 << 30
	ensure(b, worker, top)
	out := make([]broker.Outgoing, 0, 1000)
	for first := 0; first < b.N; first += cap(out) {
		out = out[:0]
		for range min(cap(out), b.N-first) {
			out = append(out, broker.Outgoing{
				Subject: events.SubmittedSubject("default"),
				Header: map[string]string{"ce-specversion": "1.0", "ce-id": "26KQJ5S7VXGZT6AMLSVOFN7Y4X", "ce-source": "/leat/bench",
					"ce-type": string(events.TypeRepoSubmitted), "ce-time": "2026-01-02T03:04:05Z", "content-type": "application/json"},
				Data: make([]byte, 600),
			})
		}
		if err := worker.Publisher().Send(b.Context(), out...); err != nil {
			b.Fatal(err)
		}
	}
	_, js := s.bare()
	return worker, js
}
