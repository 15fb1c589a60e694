package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/broker"
)

// incoming is a message on its way through the middlewares. It travels in the
// context of the Watermill message.
type incoming struct {
	Message
	raw      *message.Message
	attempts int     // on record when suspect rejects the message
	became   outcome // set by settle
	tried    int     // attempts in this process
}

type incomingKey struct{}

func incomingOf(ctx context.Context) *incoming { return ctx.Value(incomingKey{}).(*incoming) }

// around makes a Watermill middleware of a function. The function gets the message
// and the rest of the list as next.
func around(serve func(ctx context.Context, in *incoming, next func(context.Context) error) error) message.HandlerMiddleware {
	return func(handler message.HandlerFunc) message.HandlerFunc {
		return func(msg *message.Message) ([]*message.Message, error) {
			next := func(ctx context.Context) error {
				msg.SetContext(ctx)
				_, err := handler(msg)
				return err
			}
			ctx := msg.Context()
			return nil, serve(ctx, incomingOf(ctx), next)
		}
	}
}

// traceContext reads the trace of an event. Events carry traces in the W3C's
// format, whatever format the process's own traces use.
var traceContext propagation.TraceContext

// decode reads the message, the event and the event's data once for all later
// middlewares, and continues the event's trace. It keeps an error for refuse.
func decode(handler message.HandlerFunc) message.HandlerFunc {
	return func(msg *message.Message) ([]*message.Message, error) {
		ctx := msg.Context()
		in := &incoming{Message: receive(broker.DeliveryOf(ctx), msg.Metadata, msg.Payload), raw: msg}
		ctx = traceContext.Extract(ctx, propagation.MapCarrier{"traceparent": in.TraceParent, "tracestate": in.TraceState})
		msg.SetContext(context.WithValue(ctx, incomingKey{}, in))
		return handler(msg)
	}
}

// refuse rejects a message that could not be decoded.
func refuse(ctx context.Context, in *incoming, next func(context.Context) error) error {
	if in.problem != nil {
		return in.problem
	}
	return next(ctx)
}

// trace records the attempts of a message as a span in the trace of its event.
func (r *runner) trace(ctx context.Context, in *incoming, next func(context.Context) error) error {
	if sparse(in) {
		began := time.Now()
		err := next(ctx)
		if err != nil {
			_, span := r.tracer.Start(ctx, r.spanOf(in), consumes, trace.WithTimestamp(began))
			end(span, in, err)
		}
		return err
	}
	ctx, span := r.tracer.Start(ctx, r.spanOf(in), consumes)
	err := next(ctx)
	end(span, in, err)
	return err
}

var consumes = trace.WithSpanKind(trace.SpanKindConsumer)

func (r *runner) spanOf(in *incoming) string { return r.worker + " " + string(in.Type) }

// sparse says whether a message has a span only if it fails. A backfill or a rebuild would
// write the same few spans for each of a million documents. Nobody reads them, and they
// cost more than all other measurements. So the bulk lane traces one document in sixteen,
// the same in every worker: ids of documents are hashes, and the last digit is one of 16.
func sparse(in *incoming) bool {
	d, is := documentOf(in.data)
	return is && in.Lane() == events.Bulk && !strings.HasSuffix(d.Document, "0")
}

// end ends the span of a message, with its outcome.
func end(span trace.Span, in *incoming, err error) {
	if span.IsRecording() {
		span.SetAttributes(described(in)...)
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
	}
	span.End()
}

// described names a message by OpenTelemetry's conventions for messaging. The subject
// holds ids, but no path or URL.
func described(in *incoming) []attribute.KeyValue {
	list := []attribute.KeyValue{messagingSystem, messagingProcess, attribute.String("messaging.message.id", in.ID)}
	if d := in.delivery; d != nil {
		list = append(list, attribute.String("messaging.destination.name", d.Stream))
	}
	return list
}

var (
	messagingSystem  = attribute.String("messaging.system", "nats")
	messagingProcess = attribute.String("messaging.operation.type", "process")
)

// Attempts of one message in process take a few seconds.
const (
	inProcessRetries = 3
	inProcessDelay   = 200 * time.Millisecond
	inProcessMost    = 2 * time.Second  // the longest wait between two attempts
	inProcessTime    = 10 * time.Second // no attempt begins after that
)

// retry tries a message again after a short while, if the error may pass.
func retry(ctx context.Context, in *incoming, next func(context.Context) error) error {
	policy := retrypolicy.NewBuilder[any]().
		HandleIf(func(_ any, err error) bool {
			kind, after := fault.Of(err)
			return err != nil && kind == fault.KindRetry && after <= inProcessMost && ctx.Err() == nil && !errors.Is(err, ErrStopping)
		}).
		WithMaxRetries(inProcessRetries).
		WithMaxDuration(inProcessTime).
		WithDelayFunc(retryDelay).
		ReturnLastFailure().
		Build()
	return failsafe.With[any](policy).WithContext(ctx).RunWithExecution(func(e failsafe.Execution[any]) error {
		in.tried++
		in.Again = in.Delivered > 1 || e.Attempts() > 1
		return next(ctx)
	})
}

// retryDelay doubles with each retry, minus a random part of at most half. It is
// never shorter than the error asks.
func retryDelay(e failsafe.ExecutionAttempt[any]) time.Duration {
	_, after := fault.Of(e.LastError())
	wait := min(inProcessDelay<<e.Retries(), inProcessMost)
	return max(after, wait/2+rand.N(wait/2))
}

// contain turns a panic into a rejection, so that the worker lives on.
func contain(ctx context.Context, _ *incoming, next func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.Reject(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	return next(ctx)
}
