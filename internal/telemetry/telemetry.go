// Package telemetry sends traces, figures and logs to an OpenTelemetry collector, if the
// environment names one. It serves the figures of a process to Prometheus. It keeps logs short by
// summing up repeated lines and rotating files.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/pprof"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/leatworks/leat/internal/build"
)

// Start sets up the process's tracer, and the sending of its logs. Events carry the W3C trace
// context in any case. Spans are sent only if OTEL_EXPORTER_OTLP_ENDPOINT or its _TRACES_ form is
// set. Lines of a [Handler] are sent only if that or its _LOGS_ form is set. The OTEL_ variables
// have the meaning that OpenTelemetry gives them. stop sends the rest. A failure to send is only
// logged, because telemetry must not hold up the work.
func Start(ctx context.Context, service string, log *slog.Logger) (stop func(context.Context) error, err error) {
	otel.SetTextMapPropagator(propagation.TraceContext{})
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("some traces, figures or logs were not sent", "error", err) }))
	labelled(ctx, func(ctx context.Context) { stop, err = start(ctx, service) })
	return stop, err
}

func start(ctx context.Context, service string) (stop func(context.Context) error, err error) {
	stopLogs, err := startLogs(ctx, service)
	if err != nil {
		return nil, err
	}
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return stopLogs, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("start trace exporter: %w", err)
	}
	provider := trace.NewTracerProvider(
		trace.WithBatcher(exporter),
		trace.WithResource(resourceOf(service)),
	)
	otel.SetTracerProvider(provider)
	return func(ctx context.Context) error { return errors.Join(provider.Shutdown(ctx), stopLogs(ctx)) }, nil
}

// ProfileLabel is the label, in CPU profiles, of the goroutines that send telemetry.
const ProfileLabel = "telemetry"

// labelled labels the goroutines that f starts, and all goroutines that these start, such as
// connections to the collector. So profiles show the cost of sending.
func labelled(ctx context.Context, f func(context.Context)) {
	pprof.Do(ctx, pprof.Labels(ProfileLabel, "sends"), f)
}

// resourceOf names the program that traces and figures come from.
func resourceOf(service string) *resource.Resource {
	return resource.NewSchemaless(
		attribute.String("service.name", "leat-"+service), attribute.String("service.namespace", "leat"), attribute.String("service.version", build.Version()))
}
