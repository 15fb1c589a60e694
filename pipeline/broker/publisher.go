package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/line"
)

// Headers that JetStream acts on.
const (
	MetaMsgID = jetstream.MsgIDHeader  // JetStream drops a second message of the same id within the stream's window
	MetaTTL   = jetstream.MsgTTLHeader // the message vanishes after this long, for example "24h"; at least "1s"
)

// The pauses before a full stream is tried again: fullDelay for a caller that has
// other work, fullPoll for a caller that waits for nothing else.
const (
	fullDelay = 5 * time.Second
	fullPoll  = time.Second
)

// ErrFull marks a message that a stream refuses because the stream or the server
// has reached a limit. Nothing is dropped.
var ErrFull = errors.New("the stream is full")

// ErrNoStream marks a subject that no stream takes: the stream was never made, or
// the server has lost it. A worker that starts makes it, and so does the syncer.
var ErrNoStream = errors.New("no stream takes it")

// ErrStopping is the error of a handler whose subscription ended while it waited.
var ErrStopping = line.ErrStopping

// Outgoing is one message to publish.
type Outgoing struct {
	Subject string
	Header  map[string]string // sent as NATS headers, without keys that begin with "leat-"
	Data    []byte
}

// Publisher publishes to the streams that take its messages' subjects.
type Publisher struct {
	js      jetstream.JetStream
	timeout time.Duration
	log     *slog.Logger
	refused *refusal
}

var _ message.Publisher = (*Publisher)(nil)

// Publisher returns a publisher on the broker's connection. Any number of
// goroutines may use one.
func (b *Broker) Publisher() *Publisher {
	return &Publisher{js: b.js, timeout: b.timeout, log: b.log, refused: &b.refused}
}

// Publish sends msgs on the subject topic, as Send does, with the first message's
// context. The metadata become headers. The id becomes MetaMsgID unless the metadata
// has one.
func (p *Publisher) Publish(topic string, msgs ...*message.Message) error {
	if len(msgs) == 0 {
		return nil
	}
	out := make([]Outgoing, len(msgs))
	for i, msg := range msgs {
		header := maps.Clone(msg.Metadata)
		if _, named := header[MetaMsgID]; !named && msg.UUID != "" {
			header[MetaMsgID] = msg.UUID
		}
		out[i] = Outgoing{Subject: topic, Header: header, Data: msg.Payload}
	}
	return p.Send(msgs[0].Context(), out...)
}

// Send publishes msgs together and returns when each is stored. With an error, any
// of them may have been stored. A full stream asks for a pause (fault.RetryAfter,
// ErrFull); a message that no stream can ever take is rejected (fault.Reject).
func (p *Publisher) Send(ctx context.Context, msgs ...Outgoing) error {
	_, err := p.try(ctx, msgs)
	return err
}

// SendWhenRoom does what Send does, but waits while a stream is full, until ctx ends or
// the subscription of ctx's message does (ErrStopping).
func (p *Publisher) SendWhenRoom(ctx context.Context, msgs ...Outgoing) error {
	left, err := p.try(ctx, msgs)
	if !errors.Is(err, ErrFull) {
		return err
	}
	p.log.Warn("waiting for room in a stream; raise its limit, or see that it is consumed", "error", err)
	for errors.Is(err, ErrFull) {
		select {
		case <-time.After(fullPoll):
		case <-DeliveryOf(ctx).Stopping():
			return fmt.Errorf("%w; %w", ErrStopping, err)
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
		left, err = p.try(ctx, left)
	}
	if err == nil {
		p.log.Info("there is room in the stream again")
	}
	return err
}

// try publishes msgs and returns those that may not have been stored, with the
// error of the first.
func (p *Publisher) try(ctx context.Context, msgs []Outgoing) (left []Outgoing, err error) {
	sent := make([]jetstream.PubAckFuture, 0, len(msgs))
	for _, msg := range msgs {
		var future jetstream.PubAckFuture
		if future, err = p.send(ctx, msg); err != nil {
			break
		}
		sent = append(sent, future)
	}
	failed := len(sent)
	// Wait for the acknowledgements in any case, so that a caller that tries again
	// does not race with the messages that it has just sent.
	for i, future := range sent {
		if bad := stored(ctx, future); bad != nil {
			if len(left) == 0 {
				failed, err = i, bad
			}
			left = append(left, msgs[i])
		}
	}
	if err == nil {
		p.refused.note(nil)
		return nil, nil
	}
	left = append(left, msgs[len(sent):]...)
	err = mark(fmt.Errorf("publish message %d of %d on %s: %w", failed+1, len(msgs), msgs[failed].Subject, err))
	p.refused.note(err)
	return left, err
}

func (p *Publisher) send(ctx context.Context, msg Outgoing) (jetstream.PubAckFuture, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	header, err := newHeader(msg.Header)
	if err != nil {
		return nil, err
	}
	out := &nats.Msg{Subject: msg.Subject, Header: header, Data: msg.Data}
	return p.js.PublishMsgAsync(out, jetstream.WithStallWait(p.timeout))
}

// stored waits for JetStream's answer, which the client bounds by its timeout.
func stored(ctx context.Context, future jetstream.PubAckFuture) error {
	select {
	case <-future.Ok():
		return nil
	case err := <-future.Err():
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errHeader marks a header that cannot be sent.
var errHeader = errors.New("invalid header")

// newHeader refuses keys and values that would end a header early and begin another.
func newHeader(meta map[string]string) (nats.Header, error) {
	header := make(nats.Header, len(meta))
	for key, value := range meta {
		if strings.HasPrefix(key, reserved) {
			continue
		}
		if key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r == ':' || r >= 0x7f }) {
			return nil, fmt.Errorf("%w: key %q: use printable ASCII without spaces and colons", errHeader, key)
		}
		if strings.ContainsAny(value, "\r\n") {
			return nil, fmt.Errorf("%w: the value of %s holds a line break", errHeader, key)
		}
		header[key] = []string{value}
	}
	return header, nil
}

// mark gives an error of publishing its kind.
func mark(err error) error {
	switch {
	case errors.Is(err, errHeader), errors.Is(err, nats.ErrMaxPayload), errors.Is(err, nats.ErrBadSubject):
		return fault.Reject(err)
	case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders):
		return fault.Retry(fmt.Errorf("%w: %w", ErrNoStream, err))
	}
	switch number := code(err); number {
	case codeStoreFailed, codeStorageResources, codeAccountResources, codeServerResources:
		return fault.RetryAfter(fmt.Errorf("%w: %w", ErrFull, err), fullDelay)
	case jetstream.JSErrCodeStreamMessageExceedsMaximum, codeHeaderTooLarge, codeTTLInvalid, codeTTLDisabled:
		return fault.Reject(err)
	}
	return fault.Retry(err)
}

// Close does nothing: the Broker owns the connection, and nothing is unsent after
// Publish has returned.
func (p *Publisher) Close() error { return nil }
