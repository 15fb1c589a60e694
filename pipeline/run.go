package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"

	"github.com/leatworks/leat/pipeline/catalog"
)

// Config holds what all steps have in common.
type Config struct {
	Letters      *catalog.Letters // keeps messages that cannot be handled
	Log          *slog.Logger
	Meter        metric.Meter  // counts and times the messages; default: none
	Hands        *Hands        // knows which messages are in hand; default: nobody does
	DrainTimeout time.Duration // how long messages in flight may take after ctx has ended; default 20 s
}

// DefaultDrainTimeout is below the 30 s that process managers commonly wait
// between SIGTERM and SIGKILL.
const DefaultDrainTimeout = 20 * time.Second

// Step is a worker's part of the pipeline.
type Step struct {
	Worker string // name in logs, dead letters and traces, for example ingestor
	Routes []Route
	Ledger Ledger
}

// Route feeds one consumer's messages to a handler. The source bounds how many
// are in flight at once.
type Route struct {
	Name   string
	Source message.Subscriber
	Handle Handler
}

// runner serves the messages of one step.
type runner struct {
	worker   string
	ledger   Ledger
	letters  *catalog.Letters
	log      *slog.Logger
	tracer   trace.Tracer
	suspects chan struct{} // holds a token while a suspect is served
}

// Run serves a step until ctx ends, then drains: handlers finish the messages in
// flight, or the messages go back to the broker after the drain timeout.
func Run(ctx context.Context, cfg Config, step Step) error {
	if cfg.DrainTimeout == 0 {
		cfg.DrainTimeout = DefaultDrainTimeout
	}
	log := newRepeats(cfg.Log.Handler())
	defer log.close()
	cfg.Log = slog.New(log)
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: cfg.DrainTimeout + 5*time.Second}, watermill.NewSlogLogger(quiet(cfg.Log)))
	if err != nil {
		return fmt.Errorf("make router: %w", err)
	}
	if cfg.Meter == nil {
		cfg.Meter = noop.Meter{}
	}
	measured, err := newGauge(cfg.Meter, step.Worker)
	if err != nil {
		return err
	}
	r := &runner{worker: step.Worker, ledger: step.Ledger, letters: cfg.Letters, log: cfg.Log, tracer: otel.Tracer("leat"), suspects: make(chan struct{}, 1)}
	router.AddMiddleware( // the first is the outermost
		decode,                   // reads the message, its event and the event's data once
		around(cfg.Hands.hold),   // knows that the message is in hand
		around(measured.measure), // counts and times, by lane and outcome
		around(r.settle),         // by the error's kind: ack, catalog, dead letter, or back to the broker
		around(refuse),           // rejects a message that could not be decoded
		around(r.suspect),        // records a message that is delivered often and never settled, and lets one pass at a time
		around(r.trace),          // opens a span in the trace of the event
		around(retry),            // makes a few more attempts within seconds
		around(contain),          // turns a panic into a rejection
	)
	for _, route := range step.Routes {
		router.AddConsumerHandler(route.Name, route.Name, route.Source, func(msg *message.Message) error {
			ctx := msg.Context()
			return route.Handle(ctx, incomingOf(ctx).Message)
		})
	}
	if err := router.Run(ctx); err != nil {
		return fmt.Errorf("run %s: %w", step.Worker, err)
	}
	return nil
}

// quiet leaves out Watermill's lines about each message and each start. Watermill's
// errors, which report messages that are given back, stay.
func quiet(log *slog.Logger) *slog.Logger {
	return slog.New(minLevel{log.Handler(), slog.LevelWarn})
}

type minLevel struct {
	slog.Handler
	level slog.Level
}

func (m minLevel) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= m.level && m.Handler.Enabled(ctx, level)
}

func (m minLevel) WithAttrs(attrs []slog.Attr) slog.Handler {
	return minLevel{m.Handler.WithAttrs(attrs), m.level}
}

func (m minLevel) WithGroup(name string) slog.Handler {
	return minLevel{m.Handler.WithGroup(name), m.level}
}
