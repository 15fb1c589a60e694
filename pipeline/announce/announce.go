// Package announce publishes leat's events. It owns how a row of the catalog
// becomes an event, and which trace the event continues.
//
// The package does not decide when something is published. The steps do: each
// publishes after its effect is durable.
package announce

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
)

// ErrFull says that a stream, or a tenant's share of one, takes nothing more.
var ErrFull = broker.ErrFull

// Event is an event to publish.
type Event struct {
	On    string        // NATS subject
	About string        // CloudEvents subject: a path or a URL
	Data  any           // one of package events' data types
	ID    string        // CloudEvents id; default: random
	TTL   time.Duration // how long a stream keeps the event; default: for ever
	Trace Trace         // the trace that the event continues; default: the context's

	// Source and Again belong to an event that is published a second time on
	// behalf of its first publisher: JetStream must not drop it as a duplicate.
	Source string
	Again  bool
}

// Publisher publishes the events of one source.
type Publisher struct {
	broker   *broker.Publisher
	source   string
	complete func(context.Context, catalog.SnapshotKey)
}

// New returns a publisher whose events name source, for example /leat/ingestor.
func New(b *broker.Broker, source string) *Publisher {
	return &Publisher{broker: b.Publisher(), source: source}
}

// OnComplete has do called for each snapshot that Complete has announced and marked.
func (p *Publisher) OnComplete(do func(context.Context, catalog.SnapshotKey)) *Publisher {
	p.complete = do
	return p
}

// Publish publishes events together and returns when each is stored. A full
// stream is an error (ErrFull).
func (p *Publisher) Publish(ctx context.Context, list ...Event) error {
	return p.publish(ctx, p.broker.Send, list)
}

// PublishWhenRoom publishes like Publish, but waits while a stream is full, so
// that a step produces no more work than the next step takes.
func (p *Publisher) PublishWhenRoom(ctx context.Context, list ...Event) error {
	return p.publish(ctx, p.broker.SendWhenRoom, list)
}

func (p *Publisher) publish(ctx context.Context, send func(context.Context, ...broker.Outgoing) error, list []Event) error {
	out := make([]broker.Outgoing, 0, len(list))
	for _, e := range list {
		encoded, err := p.encode(ctx, e)
		if err != nil {
			return err
		}
		out = append(out, encoded)
	}
	return send(ctx, out...)
}

func (p *Publisher) encode(ctx context.Context, e Event) (broker.Outgoing, error) {
	event, err := events.New(p.source, e.About, e.Data)
	if err != nil {
		return broker.Outgoing{}, err
	}
	if e.ID != "" {
		event.ID = e.ID
	}
	if e.Source != "" {
		event.Source = e.Source
	}
	if e.Trace == (Trace{}) {
		e.Trace = TraceOf(ctx)
	}
	event.TraceParent, event.TraceState = e.Trace.Parent, e.Trace.State
	header, body, err := events.Encode(event)
	if err != nil {
		return broker.Outgoing{}, fmt.Errorf("encode event for %s: %w", e.On, err)
	}
	if !e.Again {
		header[broker.MetaMsgID] = event.ID
	}
	if e.TTL > 0 {
		header[broker.MetaTTL] = e.TTL.String()
	}
	return broker.Outgoing{Subject: e.On, Header: header, Data: body}, nil
}

// Trace is a W3C trace context. A batch holds work of many traces; each event
// that follows from the batch continues its own.
type Trace struct{ Parent, State string }

// TraceOf returns the trace context of ctx.
func TraceOf(ctx context.Context) Trace {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return Trace{carrier["traceparent"], carrier["tracestate"]}
}
