package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Listen calls handle with each message of the stream of indexed events on subject
// after a place in the stream, in order, until ctx ends or handle returns an error. A
// place of 0 stands for now. It leaves nothing on the server: a listener that comes back
// names the place of the last message it has handled, and misses none that the stream
// still holds.
func (b *Broker) Listen(ctx context.Context, subject string, after uint64, handle func(place uint64, data []byte) error) error {
	cfg := jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}, DeliverPolicy: jetstream.DeliverNewPolicy}
	if after > 0 {
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, after+1
	}
	consumer, err := b.js.OrderedConsumer(ctx, StreamIndexed, cfg)
	if err != nil {
		return fmt.Errorf("listen to %s: %w", subject, err)
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(listenBuffer))
	if err != nil {
		return fmt.Errorf("listen to %s: %w", subject, err)
	}
	stop := context.AfterFunc(ctx, messages.Stop)
	defer stop()
	defer messages.Stop()
	for {
		message, err := messages.Next()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, jetstream.ErrMsgIteratorClosed):
			return fmt.Errorf("listen to %s: %w", subject, err)
		case err != nil: // the consumer is made again
			continue
		}
		meta, err := message.Metadata()
		if err != nil {
			return fmt.Errorf("read the place of a message on %s: %w", subject, err)
		}
		if err := handle(meta.Sequence.Stream, message.Data()); err != nil {
			return err
		}
	}
}

// listenBuffer is the number of messages that a listener holds at most.
const listenBuffer = 64
