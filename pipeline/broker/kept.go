package broker

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// Kept yields the messages that a stream holds, by sequence, and removes none of them. It
// includes messages that arrive meanwhile. A stream that does not exist holds none.
func (b *Broker) Kept(ctx context.Context, stream string) iter.Seq2[Outgoing, error] {
	return func(yield func(Outgoing, error) bool) {
		looked, cancel := context.WithTimeout(ctx, b.timeout)
		s, err := b.js.Stream(looked, stream)
		cancel()
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return
		}
		if err != nil {
			yield(Outgoing{}, fmt.Errorf("look up stream %s: %w", stream, err))
			return
		}
		for sequence := uint64(1); ; {
			m, err := b.next(ctx, s, sequence)
			if errors.Is(err, jetstream.ErrMsgNotFound) {
				return
			}
			if err != nil {
				yield(Outgoing{}, fmt.Errorf("read stream %s after message %d: %w", stream, sequence-1, err))
				return
			}
			if !yield(outgoing(m), nil) {
				return
			}
			sequence = m.Sequence + 1
		}
	}
}

// next returns the first message at a sequence or after it.
func (b *Broker) next(ctx context.Context, s jetstream.Stream, sequence uint64) (*jetstream.RawStreamMsg, error) {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	return s.GetMsg(ctx, sequence, jetstream.WithGetMsgSubject(">"))
}

// outgoing returns a message as it was published. It leaves out headers that JetStream acts
// on, because a second publication is another message.
func outgoing(m *jetstream.RawStreamMsg) Outgoing {
	out := Outgoing{Subject: m.Subject, Data: m.Data, Header: make(map[string]string, len(m.Header))}
	for name, values := range m.Header {
		if len(values) > 0 && !strings.HasPrefix(strings.ToLower(name), "nats-") {
			out.Header[name] = values[0]
		}
	}
	return out
}
