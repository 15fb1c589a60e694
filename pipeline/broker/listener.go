package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// EnsureListener makes the consumer of a tenant's listeners if it is missing, and
// returns it. It begins with what happens from now on, and is removed after
// the stream's age without a listener.
func (b *Broker) EnsureListener(ctx context.Context, tenant string) (Consumer, error) {
	own := OwnConsumer(tenant)
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	_, err := b.js.CreateConsumer(ctx, own.Stream, jetstream.ConsumerConfig{
		Durable:           own.Name,
		FilterSubjects:    Heard(tenant),
		DeliverPolicy:     jetstream.DeliverNewPolicy,
		AckPolicy:         jetstream.AckExplicitPolicy,
		AckWait:           DefaultAckWait,
		MaxAckPending:     DefaultMaxAckPending,
		InactiveThreshold: 2 * DefaultIndexedAge,
	})
	if err != nil && !errors.Is(err, jetstream.ErrConsumerExists) {
		return own, fmt.Errorf("make consumer %s of stream %s: %w", own.Name, own.Stream, err)
	}
	return own, nil
}

// DropListener removes the consumer of a tenant's listeners. It returns no error
// if there is none.
func (b *Broker) DropListener(ctx context.Context, tenant string) error {
	own := OwnConsumer(tenant)
	return b.dropConsumer(ctx, own.Stream, own.Name)
}
