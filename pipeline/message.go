package pipeline

import (
	"context"
	"fmt"

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

// Events carry the W3C trace context, whatever the process's own traces use.
var traceContext propagation.TraceContext

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
