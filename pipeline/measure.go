package pipeline

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/leatworks/leat/events"
)

// gauge measures the messages of one worker by lane and outcome, as
// leat_messages_total and leat_message_duration_seconds. The duration covers all
// attempts of a delivery. It also measures how long messages waited in their stream, as
// leat_queue_wait_seconds, and counts attempts after the first, as leat_retries_total.
type gauge struct {
	messages metric.Int64Counter
	duration metric.Float64Histogram
	waited   metric.Float64Histogram
	retries  metric.Int64Counter
	labels   map[label]metric.MeasurementOption // ten, made once
	lanes    map[events.Lane]metric.MeasurementOption
	kinds    map[retryKind]metric.MeasurementOption
}

// retryKind says who tries a message again.
type retryKind string

const (
	retryProcess retryKind = "process" // the worker that holds it, within seconds
	retryCatalog retryKind = "catalog" // the catalog, which has recorded the failure
	retryBroker  retryKind = "broker"  // the broker, which has delivered it before
)

type label struct {
	lane   events.Lane
	became outcome
}

func newGauge(meter metric.Meter, worker string) (*gauge, error) {
	g := &gauge{
		labels: make(map[label]metric.MeasurementOption),
		lanes:  make(map[events.Lane]metric.MeasurementOption),
		kinds:  make(map[retryKind]metric.MeasurementOption),
	}
	var err error
	if g.messages, err = meter.Int64Counter("leat_messages", metric.WithDescription("Messages settled, by worker, lane and outcome.")); err != nil {
		return nil, fmt.Errorf("measure messages: %w", err)
	}
	g.duration, err = meter.Float64Histogram("leat_message_duration", metric.WithUnit("s"),
		metric.WithDescription("Time from a message's arrival to its settlement."),
		metric.WithExplicitBucketBoundaries(.001, .005, .025, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800))
	if err != nil {
		return nil, fmt.Errorf("measure messages: %w", err)
	}
	g.waited, err = meter.Float64Histogram("leat.queue.wait", metric.WithUnit("s"),
		metric.WithDescription("Time that a message waited in its stream until a worker took it for the first time."),
		metric.WithExplicitBucketBoundaries(.005, .025, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 14400))
	if err != nil {
		return nil, fmt.Errorf("measure waits: %w", err)
	}
	if g.retries, err = meter.Int64Counter("leat.retries", metric.WithUnit("{attempt}"), metric.WithDescription("Attempts after the first, by worker and kind.")); err != nil {
		return nil, fmt.Errorf("count retries: %w", err)
	}
	name := attribute.String("worker", worker)
	for _, kind := range []retryKind{retryProcess, retryCatalog, retryBroker} {
		g.kinds[kind] = metric.WithAttributeSet(attribute.NewSet(name, attribute.String("kind", string(kind))))
		g.retries.Add(context.Background(), 0, g.kinds[kind]) // so that a rate has a beginning
	}
	for _, lane := range events.Lanes {
		g.lanes[lane] = metric.WithAttributeSet(attribute.NewSet(name, attribute.String("lane", string(lane))))
		for _, became := range outcomes {
			g.labels[label{lane, became}] = metric.WithAttributeSet(attribute.NewSet(
				name, attribute.String("lane", string(lane)), attribute.String("outcome", string(became))))
		}
	}
	return g, nil
}

// measure counts a message and times it.
func (g *gauge) measure(ctx context.Context, in *incoming, next func(context.Context) error) error {
	began := time.Now()
	if d := in.delivery; d != nil && d.Count == 1 { // the two clocks may differ
		g.waited.Record(ctx, max(0, d.Arrived.Sub(d.Published).Seconds()), g.lanes[in.Lane()])
	}
	err := next(ctx)
	g.count(ctx, in)
	labels := g.labels[label{in.Lane(), in.became}]
	g.messages.Add(ctx, 1, labels)
	g.duration.Record(ctx, time.Since(began).Seconds(), labels)
	return err
}

// count counts the attempts after the first: this delivery, if the broker has delivered
// the message before; its repetitions in this process; and the one that the catalog owes.
func (g *gauge) count(ctx context.Context, in *incoming) {
	if in.Delivered > 1 {
		g.retries.Add(ctx, 1, g.kinds[retryBroker])
	}
	if in.tried > 1 {
		g.retries.Add(ctx, int64(in.tried-1), g.kinds[retryProcess])
	}
	if in.became == outcomeDelayed {
		g.retries.Add(ctx, 1, g.kinds[retryCatalog])
	}
}
