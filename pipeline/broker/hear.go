package broker

import (
	"fmt"

	"github.com/nats-io/nats.go"
)

// Hear returns a channel from which something can be received once a message
// has been published on subject since the last receive. It is a plain
// subscription: what is published while the connection is down, or before the
// server knows of it, is not heard, and a server that forbids it says so in the
// log alone. Whoever has to be sure also looks for himself.
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
