package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Waiting reports whether work is still under way. It remembers the progress of
// each consumer, so use one value for one look at many subjects.
type Waiting struct {
	broker  *Broker
	streams map[string]jetstream.Stream
	floors  map[string]uint64 // of each consumer: up to here, everything is acknowledged
}

// Waiting begins a look.
func (b *Broker) Waiting() *Waiting {
	return &Waiting{broker: b, streams: make(map[string]jetstream.Stream), floors: make(map[string]uint64)}
}

// For reports whether the consumer may not have acknowledged the last message on
// subject yet. It errs on the side of true: while an older message is held up, a
// later one that was acknowledged still counts as waiting.
func (w *Waiting) For(ctx context.Context, stream, consumer, subject string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, w.broker.timeout)
	defer cancel()
	s, err := w.stream(ctx, stream)
	if err != nil {
		return false, err
	}
	floor, err := w.floor(ctx, s, stream, consumer)
	if err != nil {
		return false, err
	}
	last, err := s.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up last message on %s: %w", subject, err)
	}
	return last.Sequence > floor, nil
}

func (w *Waiting) stream(ctx context.Context, name string) (jetstream.Stream, error) {
	if s, known := w.streams[name]; known {
		return s, nil
	}
	s, err := w.broker.js.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("look up stream %s: %w", name, err)
	}
	w.streams[name] = s
	return s, nil
}

func (w *Waiting) floor(ctx context.Context, s jetstream.Stream, stream, consumer string) (uint64, error) {
	key := stream + " " + consumer
	if floor, known := w.floors[key]; known {
		return floor, nil
	}
	c, err := s.Consumer(ctx, consumer)
	if err != nil {
		return 0, fmt.Errorf("look up consumer %s of %s: %w", consumer, stream, err)
	}
	w.floors[key] = c.CachedInfo().AckFloor.Stream
	return w.floors[key], nil
}
