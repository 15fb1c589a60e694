package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/sdk/log"
)

// sendsLogs says whether the environment names a collector of logs.
func sendsLogs() bool {
	return os.Getenv("OTEL_LOGS_EXPORTER") != "none" &&
		(os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT") != "")
}

// logQueue bounds the lines that wait to be sent; further lines are dropped. The library allocates
// room for all of them at once, some 600 bytes each, in a list that the garbage collector walks
// each time. leat writes one line per problem, so the library's default of 2,048 would be wasteful.
const logQueue = 256

// startLogs begins to send the lines that handlers get from now on.
func startLogs(ctx context.Context, service string) (stop func(context.Context) error, err error) {
	if !sendsLogs() {
		return func(context.Context) error { return nil }, nil
	}
	exporter, err := otlploghttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("start log exporter: %w", err)
	}
	var options []log.BatchProcessorOption
	if os.Getenv("OTEL_BLRP_MAX_QUEUE_SIZE") == "" {
		options = append(options, log.WithMaxQueueSize(logQueue))
	}
	provider := log.NewLoggerProvider(log.WithProcessor(log.NewBatchProcessor(exporter, options...)), log.WithResource(resourceOf(service)))
	otel.SetLoggerProvider(provider)
	return provider.Shutdown, nil
}

// both writes each line to a handler, and sends it to the collector that the environment names. The
// sent line carries the ids of the trace too.
type both struct {
	slog.Handler              // writes, and decides about levels
	sent         slog.Handler // sends
}

// sending adds the collector, if the environment names one.
func sending(to slog.Handler) slog.Handler {
	if !sendsLogs() {
		return to
	}
	return both{to, otelslog.NewHandler("github.com/leatworks/leat")}
}

func (b both) Handle(ctx context.Context, r slog.Record) error {
	_ = b.sent.Handle(ctx, r.Clone()) // its failures go to OpenTelemetry's error handler
	return b.Handler.Handle(ctx, r)
}

func (b both) WithAttrs(attrs []slog.Attr) slog.Handler {
	return both{b.Handler.WithAttrs(attrs), b.sent.WithAttrs(attrs)}
}

func (b both) WithGroup(name string) slog.Handler {
	return both{b.Handler.WithGroup(name), b.sent.WithGroup(name)}
}
