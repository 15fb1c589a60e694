package testpipe

import (
	"cmp"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/broker"
)

// Tap hears every event that is published.
type Tap struct {
	conn   *nats.Conn
	sub    *nats.Subscription
	source *broker.Broker // connection whose messages the tap waits for
}

func newTap(t testing.TB, url string, source *broker.Broker) *Tap {
	t.Helper()
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatalf("testpipe: %v", err)
	}
	t.Cleanup(conn.Close)
	sub, err := conn.SubscribeSync("leat.>")
	if err != nil {
		t.Fatalf("testpipe: %v", err)
	}
	if err := conn.Flush(); err != nil {
		t.Fatalf("testpipe: %v", err)
	}
	return &Tap{conn, sub, source}
}

// Drain returns the events published since its last call, including all that the pipe has
// published. The acknowledgement of a stream is not enough for that, because the server may send it
// before it has passed the message on to all subscribers. But the server passes the message on
// before it reads a later request of the publishing connection.
func (p *Tap) Drain(t testing.TB) []pipeline.Message {
	t.Helper()
	if err := p.source.Ready(t.Context()); err != nil {
		t.Fatalf("testpipe: %v", err)
	}
	if err := p.conn.Flush(); err != nil {
		t.Fatalf("testpipe: %v", err)
	}
	var list []pipeline.Message
	for {
		waiting, _, err := p.sub.Pending()
		if err != nil {
			t.Fatalf("testpipe: %v", err)
		}
		if waiting == 0 {
			return list
		}
		list = append(list, p.next(t, Patience))
	}
}

// Await returns the next event of a type, and skips others.
func (p *Tap) Await(t testing.TB, want events.Type) pipeline.Message {
	t.Helper()
	for deadline := time.Now().Add(Patience); ; {
		if m := p.next(t, time.Until(deadline)); m.Type == want {
			return m
		}
	}
}

// Next waits for the next event.
func (p *Tap) Next(t testing.TB) pipeline.Message {
	t.Helper()
	return p.next(t, Patience)
}

func (p *Tap) next(t testing.TB, within time.Duration) pipeline.Message {
	t.Helper()
	raw, err := p.sub.NextMsg(within)
	if err != nil {
		t.Fatalf("testpipe: wait for an event: %v", err)
	}
	header := make(events.Header, len(raw.Header))
	for key, values := range raw.Header {
		header[key] = values[0]
	}
	event, err := events.Decode(header, raw.Data)
	if err != nil {
		t.Fatalf("testpipe: event on %s: %v", raw.Subject, err)
	}
	return pipeline.NewMessage(event, raw.Subject)
}

// Acknowledged says whether a consumer has acknowledged everything in its stream. The number of
// messages that wait for it does not say that: a server counts a message for its consumers a moment
// after it has taken it.
func (p *Pipe) Acknowledged(t testing.TB, stream, consumer string) bool {
	t.Helper()
	js, err := jetstream.New(p.Events.conn)
	must(t, err)
	s, err := js.Stream(t.Context(), stream)
	must(t, err)
	c, err := s.Consumer(t.Context(), consumer)
	must(t, err)
	info := c.CachedInfo()
	filters := info.Config.FilterSubjects
	if len(filters) == 0 {
		filters = []string{cmp.Or(info.Config.FilterSubject, ">")}
	}
	for _, filter := range filters {
		last, err := s.GetLastMsgForSubject(t.Context(), filter)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		must(t, err)
		if last.Sequence > info.Delivered.Stream {
			return false
		}
	}
	return info.NumPending == 0 && info.NumAckPending == 0
}

// LoseStreams deletes everything in NATS, and makes the streams again.
func (p *Pipe) LoseStreams(t testing.TB) {
	t.Helper()
	js, err := jetstream.New(p.Events.conn)
	must(t, err)
	names := js.StreamNames(t.Context())
	for name := range names.Name() {
		must(t, js.DeleteStream(t.Context(), name))
	}
	must(t, names.Err())
	topology := broker.DefaultTopology(broker.Generation{Number: p.Generation.Number, Embedder: p.Generation.Embedder.Name})
	must(t, p.Broker.Ensure(t.Context(), topology))
}

// Count counts messages by type.
func Count(list []pipeline.Message) map[events.Type]int {
	counts := make(map[events.Type]int)
	for _, m := range list {
		counts[m.Type]++
	}
	return counts
}
