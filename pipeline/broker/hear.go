package broker

import (
	"fmt"

	"github.com/nats-io/nats.go"
)

// SubjectGenerations is where everybody is told that a generation of the index has
// changed. The messages are empty: the catalog says what has changed. No stream keeps
// them, and nothing depends on them, because everybody also looks at an interval.
const SubjectGenerations = "leat.generation.changed"

// Tell publishes an empty message for those who [Broker.Hear] the subject at this moment.
// It may be lost.
func (b *Broker) Tell(subject string) error {
	if err := b.conn.Publish(subject, nil); err != nil {
		return fmt.Errorf("publish on %s: %w", subject, err)
	}
	return nil
}

// Hear returns a channel that signals when a message has been published on subject
// since the last receive. It uses a plain subscription, which misses messages that are
// published while the connection is down or before the server knows of it. If the
// server forbids the subscription, only the log says so. A caller that must be sure
// has to look for itself as well.
func (b *Broker) Hear(subject string) (heard <-chan struct{}, stop func(), err error) {
	bell := make(chan struct{}, 1)
	sub, err := b.conn.Subscribe(subject, func(*nats.Msg) {
		select {
		case bell <- struct{}{}:
		default: // it rings already
		}
	})
	if err != nil {
		return nil, nil, fmt.Errorf("subscribe to %s: %w", subject, err)
	}
	return bell, func() { _ = sub.Unsubscribe() }, nil
}
