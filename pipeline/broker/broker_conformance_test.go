package broker_test

import (
	"context"
	"io"
	"log"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/pipeline/broker"
)

// TestWatermillConformance runs Watermill's own suite for publishers and
// subscribers. Four of its sixteen tests do not apply:
//
//   - TestPublishSubscribeInOrder and TestNoAck ask for one message at a time.
//     A subscriber of ours holds many, and the steps need no order.
//   - TestNewSubscriberReceivesOldMessages asks that each subscriber gets every
//     message. Ours share a durable consumer.
//   - TestReconnect restarts a server by a command. broker_restart_test.go restarts
//     the server in process.
//
// The suite's short form keeps the number of messages low.
func TestWatermillConformance(t *testing.T) {
	log.SetOutput(io.Discard) // the suite logs each message
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	s := startServer(t)
	b := s.connect()
	_, js := s.bare()
	inGroup := func(t *testing.T, group string) (message.Publisher, message.Subscriber) {
		return b.Publisher(), &topics{broker: b, js: js, group: group}
	}
	tests.TestPubSub(t, tests.Features{ConsumerGroups: true, Persistent: true, ForceShort: true},
		func(t *testing.T) (message.Publisher, message.Subscriber) { return inGroup(t, "all") }, inGroup)
}

// topics subscribes to any topic, as the suite does. leat binds a subscriber to
// a consumer that Ensure has made; here each topic has a stream of its name, and
// each group a consumer on it.
type topics struct {
	broker *broker.Broker
	js     jetstream.JetStream
	group  string

	mu   sync.Mutex
	open []*broker.Subscriber
}

var _ message.SubscribeInitializer = (*topics)(nil)

func (s *topics) SubscribeInitialize(topic string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	stream, err := s.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: topic, Subjects: []string{topic}})
	if err != nil {
		return err
	}
	_, err = stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: s.group, AckPolicy: jetstream.AckExplicitPolicy, AckWait: patience,
	})
	return err
}

func (s *topics) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	sub := s.broker.Subscriber(broker.SubscriberConfig{
		Stream: topic, Consumer: s.group, NakDelay: 10 * time.Millisecond, DrainTimeout: 100 * time.Millisecond,
	})
	s.mu.Lock()
	s.open = append(s.open, sub)
	s.mu.Unlock()
	return sub.Subscribe(ctx, topic)
}

func (s *topics) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sub := range s.open {
		if err := sub.Close(); err != nil {
			return err
		}
	}
	return nil
}

// A message keeps the id that it was published under.
func TestMessageKeepsItsID(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	ensure(t, b, topology())
	got := make(chan *message.Message, 1)
	route(t, b.Subscriber(ingestor(0)), func(msg *message.Message) error { got <- msg; return nil })
	id := watermill.NewUUID()
	if err := b.Publisher().Publish("leat.repo.submitted.default", message.NewMessage(id, []byte("x"))); err != nil {
		t.Fatal(err)
	}
	if msg := receive(t, "the message", got); msg.UUID != id {
		t.Errorf("id %q, want %q", msg.UUID, id)
	}
}
