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
// attempts of a delivery.
type gauge struct {
	messages metric.Int64Counter
	duration metric.Float64Histogram
	labels   map[label]metric.MeasurementOption // ten, made once
}

type label struct {
	lane   events.Lane
	became outcome
}

func newGauge(meter metric.Meter, worker string) (*gauge, error) {
	g := &gauge{labels: make(map[label]metric.MeasurementOption)}
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
	for _, lane := range events.Lanes {
		for _, became := range outcomes {
			g.labels[label{lane, became}] = metric.WithAttributeSet(attribute.NewSet(
				attribute.String("worker", worker), attribute.String("lane", string(lane)), attribute.String("outcome", string(became))))
		}
	}
	return g, nil
}

// measure counts a message and times it.
func (g *gauge) measure(ctx context.Context, in *incoming, next func(context.Context) error) error {
	began := time.Now()
	err := next(ctx)
	labels := g.labels[label{in.Lane(), in.became}]
	g.messages.Add(ctx, 1, labels)
	g.duration.Record(ctx, time.Since(began).Seconds(), labels)
	return err
}
