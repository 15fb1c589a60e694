package telemetry

import (
	"context"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
)

// Metrics holds the figures of one process. All workers of the process share its
// meter. It serves the figures in Prometheus' text format, with those of the Go
// runtime (go_…) and of the process (process_…).
type Metrics struct {
	registry *prometheus.Registry
	provider *sdk.MeterProvider
}

// NewMetrics returns an empty set of figures.
func NewMetrics() (*Metrics, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	reader, err := exporter.New(exporter.WithRegisterer(registry), exporter.WithoutScopeInfo(), exporter.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("make metrics: %w", err)
	}
	return &Metrics{registry, sdk.NewMeterProvider(sdk.WithReader(reader))}, nil
}

// Meter returns the meter that makes instruments. Two workers that make an instrument
// of one name share it; their attributes tell them apart.
func (m *Metrics) Meter() metric.Meter { return m.provider.Meter("leat") }

// ServeHTTP writes the figures.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

// Close stops the collection of figures.
func (m *Metrics) Close(ctx context.Context) error { return m.provider.Shutdown(ctx) }
