package worker

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/leatworks/leat/internal/host"
)

// watchMachine registers the figures of this process's own machine: the memory that it may
// use, and how full the disk of a directory is. what names the directory's use.
func (s *Stores) watchMachine(what, dir string) (stop func(), err error) {
	meter := s.meter()
	memory, err := meter.Float64ObservableGauge("leat.memory.limit", metric.WithUnit("By"), metric.WithDescription("Memory that the process may use; 0: no limit is known."))
	if err != nil {
		return nil, fmt.Errorf("watch memory: %w", err)
	}
	disk, err := meter.Float64ObservableGauge("leat.disk.used", metric.WithUnit("1"), metric.WithDescription("Share of a disk that is in use, labelled by what leat uses the disk for."))
	if err != nil {
		return nil, fmt.Errorf("watch disk: %w", err)
	}
	registered, err := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		o.ObserveFloat64(memory, float64(host.MemoryLimit(goLimit)))
		if used, _, ok := host.Disk(dir); ok && dir != "" {
			o.ObserveFloat64(disk, used, metric.WithAttributes(attribute.String("what", what)))
		}
		return nil
	}, memory, disk)
	if err != nil {
		return nil, fmt.Errorf("watch the machine: %w", err)
	}
	return func() { _ = registered.Unregister() }, nil
}
