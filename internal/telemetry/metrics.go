package telemetry

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
)

// Metrics holds the figures of one process. All workers of the process share its
// meter. It serves the figures in Prometheus' text format, with those of the Go
// runtime (go_…) and of the process (process_…).
type Metrics struct {
	registry *prometheus.Registry
	provider *sdk.MeterProvider
}

// NewMetrics returns an empty set of figures for a service. It also pushes them to an OpenTelemetry
// collector if OTEL_EXPORTER_OTLP_ENDPOINT or its _METRICS_ form is set.
func NewMetrics(ctx context.Context, service string) (*Metrics, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	reader, err := exporter.New(exporter.WithRegisterer(registry), exporter.WithoutScopeInfo(), exporter.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("make metrics: %w", err)
	}
	options := []sdk.Option{
		sdk.WithReader(reader), sdk.WithResource(resourceOf(service)),
		sdk.WithExemplarFilter(exemplar.AlwaysOffFilter), // the text format has no room for them, and each costs an allocation
	}
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT") != "" {
		push, err := otlpmetrichttp.New(ctx)
		if err != nil {
			return nil, fmt.Errorf("start metric exporter: %w", err)
		}
		labelled(ctx, func(context.Context) { options = append(options, sdk.WithReader(sdk.NewPeriodicReader(push))) })
	}
	return &Metrics{registry, sdk.NewMeterProvider(options...)}, nil
}

// Meter returns the meter that makes instruments. Two workers that make an instrument of the same
// name share it; their attributes tell them apart.
func (m *Metrics) Meter() metric.Meter { return m.provider.Meter("leat") }

// ServeHTTP writes the figures.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

// Close pushes the last figures if there is a collector, and stops the collection.
func (m *Metrics) Close(ctx context.Context) error { return m.provider.Shutdown(ctx) }
