package pipeline

import (
	"context"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"go.opentelemetry.io/otel/propagation"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/broker"
)

// Message is an event as it arrived.
type Message struct {
	events.Event
	On        string // the NATS subject it was published on
	Delivered int    // how often it was delivered, from 1
	Again     bool   // it was attempted before, and that may have had effects
}

// Lane is the lane of a document's event.
func (m Message) Lane() events.Lane { return events.LaneOf(m.On) }

// Handler does what an event asks for. It returns nil when the effect is
// durable; an error's mark (package fault) says what is to be done about it.
type Handler func(context.Context, Message) error

// Publisher publishes events of one source.
type Publisher struct {
	broker *broker.Publisher
	source string
}

// NewPublisher returns a publisher whose events name source, for example /leat/ingestor.
func NewPublisher(b *broker.Broker, source string) *Publisher {
	return &Publisher{b.Publisher(), source}
}

// Outgoing is an event to publish.
type Outgoing struct {
	On    string        // NATS subject
	About string        // CloudEvents subject: a path or a URL
	Data  any           // one of package events' data types
	ID    string        // CloudEvents id; default: random
	TTL   time.Duration // how long a stream keeps it; default: for ever
	Trace Trace         // what it continues; default: the context's

	// Source and Again are of an event published a second time, on behalf of
	// its first publisher: it is not to be taken for a duplicate.
	Source string
	Again  bool
}

// Publish publishes events together and returns when each is stored. A stream
// that is full is an error.
func (p *Publisher) Publish(ctx context.Context, out ...Outgoing) error {
	return p.publish(ctx, p.broker.Send, out)
}

// PublishWhenRoom is Publish that waits while a stream is full. So a step does
// not do more while nobody does what follows from it.
func (p *Publisher) PublishWhenRoom(ctx context.Context, out ...Outgoing) error {
	return p.publish(ctx, p.broker.SendWhenRoom, out)
}

func (p *Publisher) publish(ctx context.Context, send func(context.Context, ...broker.Outgoing) error, out []Outgoing) error {
	msgs := make([]broker.Outgoing, 0, len(out))
	for _, o := range out {
		msg, err := p.encode(ctx, o)
		if err != nil {
			return err
		}
		msgs = append(msgs, msg)
	}
	return send(ctx, msgs...)
}

func (p *Publisher) encode(ctx context.Context, o Outgoing) (broker.Outgoing, error) {
	event, err := events.New(p.source, o.About, o.Data)
	if err != nil {
		return broker.Outgoing{}, err
	}
	if o.ID != "" {
		event.ID = o.ID
	}
	if o.Source != "" {
		event.Source = o.Source
	}
	if o.Trace == (Trace{}) {
		o.Trace = TraceOf(ctx)
	}
	event.TraceParent, event.TraceState = o.Trace.Parent, o.Trace.State
	header, body, err := events.Encode(event)
	if err != nil {
		return broker.Outgoing{}, fmt.Errorf("encode event for %s: %w", o.On, err)
	}
	if !o.Again {
		header[broker.MetaMsgID] = event.ID
	}
	if o.TTL > 0 {
		header[broker.MetaTTL] = o.TTL.String()
	}
	return broker.Outgoing{Subject: o.On, Header: header, Data: body}, nil
}

// Trace is a W3C trace context. A batch holds work of many traces; the events
// that follow from it continue each its own.
type Trace struct{ Parent, State string }

// Events carry the W3C trace context, whatever the process's own traces use.
var traceContext propagation.TraceContext

// TraceOf returns the trace context that ctx is in.
func TraceOf(ctx context.Context) Trace {
	carrier := propagation.MapCarrier{}
	traceContext.Inject(ctx, carrier)
	return Trace{carrier["traceparent"], carrier["tracestate"]}
}

// continueTrace continues the trace that an event carries.
func continueTrace(ctx context.Context, e events.Event) context.Context {
	return traceContext.Extract(ctx, propagation.MapCarrier{"traceparent": e.TraceParent, "tracestate": e.TraceState})
}

// decode reads a message of the broker.
func decode(msg *message.Message) (Message, error) {
	m := Message{On: msg.Metadata.Get(broker.MetaSubject), Delivered: 1}
	if _, err := fmt.Sscan(msg.Metadata.Get(broker.MetaDelivered), &m.Delivered); err != nil {
		m.Delivered = 1
	}
	event, err := events.Decode(events.Header(msg.Metadata), msg.Payload)
	m.Event = event
	return m, err
}
