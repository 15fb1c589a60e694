package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/events"
)

// DropGeneration deletes the consumers of a generation. With withEmbedder, for an
// embedder that no other generation uses, it also deletes the embedder's consumers
// and messages. It returns no error for what does not exist.
func (b *Broker) DropGeneration(ctx context.Context, g Generation, withEmbedder bool) error {
	for _, lane := range events.Lanes {
		if err := b.dropConsumer(ctx, StreamEmbedded, ConsumerIndexer(g.Number, lane)); err != nil {
			return err
		}
		if !withEmbedder {
			continue
		}
		if err := b.dropConsumer(ctx, StreamChunked, ConsumerEmbedder(g.Embedder, lane)); err != nil {
			return err
		}
		if err := b.purge(ctx, StreamEmbedded, events.EmbeddedLane(g.Embedder, lane)); err != nil {
			return err
		}
	}
	return nil
}

func (b *Broker) dropConsumer(ctx context.Context, stream, name string) error {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	err := b.js.DeleteConsumer(ctx, stream, name)
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("delete consumer %s of stream %s: %w", name, stream, err)
	}
	return nil
}

// purge deletes the messages on subjects that match a filter.
func (b *Broker) purge(ctx context.Context, stream, filter string) error {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	s, err := b.js.Stream(ctx, stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err == nil {
		err = s.Purge(ctx, jetstream.WithPurgeSubject(filter))
	}
	if err != nil {
		return fmt.Errorf("delete messages on %s of stream %s: %w", filter, stream, err)
	}
	return nil
}
