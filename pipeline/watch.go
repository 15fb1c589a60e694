package pipeline

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Watch measures what a step does with its messages: the time of each of its parts, as
// leat_part_duration_seconds, and how many items its batches hold, as leat_batch_items.
// A nil Watch measures nothing.
type Watch struct {
	parts  metric.Float64Histogram
	items  metric.Int64Histogram
	worker string
	named  sync.Map                 // the labels of each part, made once
	labels metric.MeasurementOption // of batches
}

// NewWatch returns what measures the step of a worker.
func NewWatch(meter metric.Meter, worker string) (*Watch, error) {
	w := &Watch{worker: worker, labels: metric.WithAttributeSet(attribute.NewSet(attribute.String("worker", worker)))}
	var err error
	w.parts, err = meter.Float64Histogram("leat.part.duration", metric.WithUnit("s"),
		metric.WithDescription("Time of a part of a worker's step, such as a fetch or a write."),
		metric.WithExplicitBucketBoundaries(.001, .005, .025, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300))
	if err != nil {
		return nil, fmt.Errorf("measure parts of a step: %w", err)
	}
	w.items, err = meter.Int64Histogram("leat.batch.items", metric.WithUnit("{item}"),
		metric.WithDescription("Items that a worker takes together."),
		metric.WithExplicitBucketBoundaries(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024))
	if err != nil {
		return nil, fmt.Errorf("measure batches: %w", err)
	}
	return w, nil
}

// Part begins a part of the step, and returns the function that ends it. The names of
// parts are words of the program: they become labels.
func (w *Watch) Part(ctx context.Context, name string) (end func()) {
	if w == nil {
		return func() {}
	}
	began := time.Now()
	return func() {
		w.parts.Record(ctx, time.Since(began).Seconds(), w.labelsOf(name))
	}
}

func (w *Watch) labelsOf(part string) metric.MeasurementOption {
	labels, found := w.named.Load(part)
	if !found {
		labels, _ = w.named.LoadOrStore(part, metric.WithAttributeSet(attribute.NewSet(attribute.String("worker", w.worker), attribute.String("part", part))))
	}
	return labels.(metric.MeasurementOption)
}

// Batch measures a batch.
func (w *Watch) Batch(ctx context.Context, items int) {
	if w != nil {
		w.items.Record(ctx, int64(items), w.labels)
	}
}
