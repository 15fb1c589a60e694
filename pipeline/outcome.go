package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Ledger records in the catalog what became of the work that an event names.
type Ledger interface {
	// Delay records a failed attempt and returns how many have failed: 0 if
	// the work has become pointless meanwhile.
	Delay(ctx context.Context, m Message, reason string, b catalog.Backoff) (attempts int, err error)
	// Bury records that nothing is tried any more by itself.
	Bury(ctx context.Context, m Message, reason string) error
}

// Attempts of one message. In process they take a few seconds; after that the
// catalog holds the work, for about two days in all.
const (
	inProcessRetries = 3
	inProcessDelay   = 200 * time.Millisecond
	inProcessMost    = 2 * time.Second  // longest wait between two of them
	inProcessTime    = 10 * time.Second // after which none is begun
	maxAttempts      = 12

	// freeDeliveries are those before a message is suspected: restarts and a
	// catalog that is down cost some too.
	freeDeliveries = 5
	// maxDeliveries ends a suspect of which the catalog keeps no count.
	maxDeliveries = 20
)

var backoff = catalog.Backoff{First: 10 * time.Second, Most: 6 * time.Hour}

// outcome turns what a handler returns into what becomes of the message.
type outcome struct {
	worker   string
	handle   Handler
	ledger   Ledger
	catalog  *catalog.Catalog
	log      *slog.Logger
	suspects chan struct{} // holds a token while a suspect is served
}

// serve is the Watermill handler: nil acknowledges, an error gives back.
func (o *outcome) serve(msg *message.Message) error {
	ctx := msg.Context()
	m, err := decode(msg)
	if err != nil {
		return o.bury(ctx, msg, m, fault.Reject(err), 1, false)
	}
	if err := checkDocument(m); err != nil {
		return o.bury(ctx, msg, m, err, 1, false)
	}
	ctx = continueTrace(ctx, m.Event)
	if m.Delivered > freeDeliveries {
		return o.serveSuspect(ctx, msg, m)
	}
	return o.settle(ctx, msg, m, o.attempt(ctx, m))
}

// serveSuspect serves a message that was delivered often and never settled. It
// may be what ends its worker each time, or have been in flight beside that
// one, or have met a catalog that was down. So the attempt is recorded before
// it is made, because nobody may be left to do so afterwards; and suspects are
// served one at a time, so that the record is that of the guilty one.
func (o *outcome) serveSuspect(ctx context.Context, msg *message.Message, m Message) error {
	select {
	case o.suspects <- struct{}{}:
		defer func() { <-o.suspects }()
	case <-ctx.Done():
		return ctx.Err()
	}
	suspicion := fmt.Errorf("delivered %d times and never settled: it may be what ends its worker", m.Delivered)
	attempts, err := o.ledger.Delay(ctx, m, suspicion.Error(), backoff)
	switch {
	case err != nil:
		return errors.Join(suspicion, err)
	case attempts >= maxAttempts, attempts == 0 && m.Delivered > maxDeliveries:
		return o.bury(ctx, msg, m, suspicion, max(attempts, 1), true)
	}
	return o.settle(ctx, msg, m, o.attempt(ctx, m))
}

// attempt calls the handler, again after a short while if the error may pass.
func (o *outcome) attempt(ctx context.Context, m Message) (err error) {
	ctx, span := otel.Tracer("leat").Start(ctx, o.worker+" "+string(m.Type))
	defer func() {
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}()
	policy := retrypolicy.NewBuilder[any]().
		HandleIf(func(_ any, err error) bool {
			kind, after := fault.Of(err)
			return err != nil && kind == fault.KindRetry && after <= inProcessMost && ctx.Err() == nil && !errors.Is(err, broker.ErrStopping)
		}).
		WithMaxRetries(inProcessRetries).
		WithMaxDuration(inProcessTime).
		WithDelayFunc(retryDelay).
		ReturnLastFailure().
		Build()
	return failsafe.With[any](policy).WithContext(ctx).RunWithExecution(func(e failsafe.Execution[any]) error {
		m.Again = m.Delivered > 1 || e.Attempts() > 1
		return o.call(ctx, m)
	})
}

// retryDelay doubles with each retry, less a random part of at most half, but
// is never shorter than the error asks for.
func retryDelay(e failsafe.ExecutionAttempt[any]) time.Duration {
	_, after := fault.Of(e.LastError())
	wait := min(inProcessDelay<<e.Retries(), inProcessMost)
	return max(after, wait/2+rand.N(wait/2))
}

// call turns a panic into a rejection: the next message is served.
func (o *outcome) call(ctx context.Context, m Message) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.Reject(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	return o.handle(ctx, m)
}

// settle is the one place where the kind of an error decides.
func (o *outcome) settle(ctx context.Context, msg *message.Message, m Message, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil || errors.Is(err, broker.ErrStopping) {
		return err // being shut down: another worker takes it
	}
	switch kind, after := fault.Of(err); kind {
	case fault.KindDrop:
		o.log.Debug("event dropped", "event", m.ID, "type", m.Type, "about", m.Subject, "reason", err)
		return nil
	case fault.KindReject:
		return o.bury(ctx, msg, m, err, 1, true)
	default:
		wait := backoff
		wait.AtLeast = after
		attempts, recordErr := o.ledger.Delay(ctx, m, err.Error(), wait)
		if recordErr != nil {
			return errors.Join(err, recordErr)
		}
		if attempts >= maxAttempts {
			return o.bury(ctx, msg, m, err, attempts, true)
		}
		o.log.Warn("attempt failed; will be tried again", "event", m.ID, "type", m.Type, "about", m.Subject, "attempts", attempts, "error", err)
		return nil
	}
}

// bury ends the work of a message and keeps the message as a dead letter. The
// letter comes last: who retries it at once must find the work ended.
func (o *outcome) bury(ctx context.Context, msg *message.Message, m Message, cause error, attempts int, understood bool) error {
	if understood {
		if err := o.ledger.Bury(ctx, m, cause.Error()); err != nil {
			return errors.Join(cause, err)
		}
	}
	letter := catalog.DeadLetter{
		Worker: o.worker, Message: msg.UUID + "@" + msg.Metadata.Get(broker.MetaPublished), // a stream made anew counts from 1
		Tenant: tenantOf(m), Document: documentOf(m), Source: m.Source, Event: m.ID, Subject: m.On,
		Headers: msg.Metadata, Payload: msg.Payload, Reason: cause.Error(), Attempts: attempts,
	}
	if err := o.catalog.Letters.Bury(ctx, letter); err != nil {
		return errors.Join(cause, err)
	}
	o.log.Error("dead letter", "event", m.ID, "type", m.Type, "about", m.Subject, "reason", cause)
	return nil
}
