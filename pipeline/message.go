package pipeline

import (
	"context"
	"fmt"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/broker"
)

// ErrStopping says that a message's subscription ended while its handler
// waited. A handler that returns it gives the message back: another worker
// gets it at once, and nothing is recorded as a failure.
var ErrStopping = broker.ErrStopping

// Message is an event as it arrived. Its data is decoded and checked once, by
// NewMessage; [DataOf] returns it.
type Message struct {
	events.Event
	On        string // the NATS subject
	Delivered int    // number of deliveries so far, from 1
	Again     bool   // an earlier attempt may have had effects

	data     any              // one of package events' data types; nil: of an unknown type
	problem  error            // why the message can never be handled, marked as a rejection
	delivery *broker.Delivery // nil: the message does not come from a subscription
}

// Handler does the work that an event asks for. It returns nil when the effect is
// durable. The mark of an error (package fault) says how the runner settles it.
type Handler func(context.Context, Message) error

// NewMessage decodes and checks the data of an event that arrived on a subject.
// If the data is wrong, DataOf returns the error.
func NewMessage(e events.Event, on string) Message {
	m := Message{Event: e, On: on, Delivered: 1}
	data, err := parse(e, on)
	if document, is := documentOf(data); err == nil && is {
		err = contradiction(on, document)
	}
	if err != nil {
		m.problem = fault.Reject(err)
		return m
	}
	m.data = data
	return m
}

// receive reads a message of the broker.
func receive(d *broker.Delivery, header map[string]string, body []byte) Message {
	event, err := events.Decode(header, body)
	m := Message{On: d.Subject, problem: fault.Reject(err)}
	if err == nil {
		m = NewMessage(event, d.Subject)
	}
	m.Delivered, m.delivery = d.Count, d
	return m
}

// parse reads the data of an event. An event of an unknown type has no data; the
// handler refuses it.
func parse(e events.Event, on string) (any, error) {
	switch e.Type {
	case events.TypeRepoSubmitted:
		return e.ParseSubmitted(on)
	case events.TypeDocumentChunked:
		return e.ParseChunked()
	case events.TypeDocumentRemoved:
		return e.ParseRemoved()
	case events.TypeDocumentEmbedded:
		return e.ParseEmbedded()
	case events.TypeDocumentIndexed:
		return e.ParseIndexed()
	case events.TypeRepoIndexed:
		return e.ParseCompleted()
	}
	return nil, nil
}

// DataOf returns a message's data, one of package events' data types. The error
// is a rejection: the data is wrong, or of another type.
func DataOf[T any](m Message) (T, error) {
	data, is := m.data.(T)
	switch {
	case m.problem != nil:
		return data, m.problem
	case !is:
		return data, fault.Reject(fmt.Errorf("%w: type %.64q; want an event with the data %T", events.ErrInvalid, m.Type, data))
	}
	return data, nil
}

// documentOf returns the document that an event's data concerns, if it concerns one.
func documentOf(data any) (d events.Document, is bool) {
	switch data := data.(type) {
	case events.DocumentChunked:
		return data.Document, true
	case events.DocumentRemoved:
		return data.Document, true
	case events.DocumentEmbedded:
		return data.Document, true
	case events.DocumentIndexed:
		return data.Document, true
	}
	return events.Document{}, false
}

// Lane is the lane of a document's event.
func (m Message) Lane() events.Lane { return events.LaneOf(m.On) }

// SetAside gives the message's place to another message. A handler calls it before
// a long wait, for example for a network, or before it works in turns with others.
// The message is still held and kept alive. SetAside reports whether the message is
// aside now; the subscription bounds how many are, in all and of a tenant
// (broker.SubscriberConfig).
func (m Message) SetAside() bool { return m.delivery.SetAside() }

// Wait gives up the message's place. A handler calls it before it waits for another
// message, which needs a place.
func (m Message) Wait() { m.delivery.Wait() }

// Resume waits for a place again, after SetAside or Wait. The handler returns its
// error, and the message goes to another worker.
func (m Message) Resume(ctx context.Context) error { return m.delivery.Resume(ctx) }

// Arrived is when the message came to this process; the handler may have begun
// later. It is the present for a message that does not come from a subscription.
func (m Message) Arrived() time.Time {
	if m.delivery == nil {
		return time.Now()
	}
	return m.delivery.Arrived
}

// Stopping is closed when the message's subscription ends. A handler that waits
// should then return ErrStopping. It is nil for a message that does not come from
// a subscription.
func (m Message) Stopping() <-chan struct{} { return m.delivery.Stopping() }
