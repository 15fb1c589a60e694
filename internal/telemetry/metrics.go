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

// Metrics are the figures of one process, of which each worker in it is handed
// the meter. They are served in Prometheus' text format, with the figures of
// the Go runtime (go_…) and of the process (process_…).
type Metrics struct {
	registry *prometheus.Registry
	provider *sdk.MeterProvider
}

// NewMetrics returns figures that nothing has been added to yet.
func NewMetrics() (*Metrics, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	reader, err := exporter.New(exporter.WithRegisterer(registry), exporter.WithoutScopeInfo(), exporter.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("make metrics: %w", err)
	}
	return &Metrics{registry, sdk.NewMeterProvider(sdk.WithReader(reader))}, nil
}

// Meter makes instruments. Two workers that make one of the same name share it,
// and are told apart by their attributes.
func (m *Metrics) Meter() metric.Meter { return m.provider.Meter("leat") }

// ServeHTTP writes the figures.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

// Close ends the measuring.
func (m *Metrics) Close(ctx context.Context) error { return m.provider.Shutdown(ctx) }
