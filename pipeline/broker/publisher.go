package broker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/internal/fault"
)

// Headers that JetStream acts on.
const (
	MetaMsgID = jetstream.MsgIDHeader  // a second message with the same id is dropped, for two minutes
	MetaTTL   = jetstream.MsgTTLHeader // the message vanishes after this long, for example "24h"; at least "1s"
)

// fullDelay is how long to leave a full stream alone.
const fullDelay = 5 * time.Second

// Outgoing is one message to publish.
type Outgoing struct {
	Subject string
	Header  map[string]string // sent as NATS headers, but for keys that begin with "leat-"
	Data    []byte
}

// Publisher publishes to whichever stream takes a subject.
type Publisher struct {
	js      jetstream.JetStream
	timeout time.Duration
}

var _ message.Publisher = (*Publisher)(nil)

// Publisher returns a publisher on the broker's connection. All of a broker's
// publishers are alike; any number of goroutines may use one.
func (b *Broker) Publisher() *Publisher {
	return &Publisher{js: b.js, timeout: b.timeout}
}

// Publish publishes msgs to the subject named by topic, their metadata as
// headers. See Send. The context is the first message's.
func (p *Publisher) Publish(topic string, msgs ...*message.Message) error {
	if len(msgs) == 0 {
		return nil
	}
	out := make([]Outgoing, len(msgs))
	for i, msg := range msgs {
		out[i] = Outgoing{Subject: topic, Header: msg.Metadata, Data: msg.Payload}
	}
	return p.Send(msgs[0].Context(), out...)
}

// Send publishes msgs together and returns when each is stored, or with the
// first error; then any of them may have been stored. A stream that is full
// asks for a pause (fault.RetryAfter); a message that no stream would ever
// take is rejected (fault.Reject).
func (p *Publisher) Send(ctx context.Context, msgs ...Outgoing) error {
	sent := make([]jetstream.PubAckFuture, 0, len(msgs))
	failed := -1
	var first error
	for i, msg := range msgs {
		future, err := p.send(ctx, msg)
		if err != nil {
			failed, first = i, err
			break
		}
		sent = append(sent, future)
	}
	// The acknowledgements are waited for in any case, so that a caller who
	// tries again does not race with what it has just sent.
	for i, future := range sent {
		if err := stored(ctx, future); err != nil && (first == nil || i < failed) {
			failed, first = i, err
		}
	}
	if first == nil {
		return nil
	}
	return mark(fmt.Errorf("publish message %d of %d on %s: %w", failed+1, len(msgs), msgs[failed].Subject, first))
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

// errHeader marks a header that could not be sent as it is.
var errHeader = errors.New("invalid header")

// newHeader refuses what would end a header early and begin another.
func newHeader(meta map[string]string) (nats.Header, error) {
	header := make(nats.Header, len(meta))
	for key, value := range meta {
		if strings.HasPrefix(key, metaPrefix) {
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

// mark tells what to do about an error of publishing.
func mark(err error) error {
	switch {
	case errors.Is(err, errHeader), errors.Is(err, nats.ErrMaxPayload), errors.Is(err, nats.ErrBadSubject):
		return fault.Reject(err)
	}
	switch number := code(err); number {
	case codeStoreFailed, codeStorageResources, codeAccountResources, codeServerResources:
		return fault.RetryAfter(err, fullDelay)
	case jetstream.JSErrCodeStreamMessageExceedsMaximum, codeHeaderTooLarge, codeTTLInvalid, codeTTLDisabled:
		return fault.Reject(err)
	}
	return fault.Retry(err)
}

// Close does nothing: the connection is the Broker's, and nothing is unsent
// when Publish has returned.
func (p *Publisher) Close() error { return nil }
