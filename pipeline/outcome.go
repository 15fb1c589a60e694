package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Ledger records in the catalog how the work that an event asks for has failed.
type Ledger interface {
	// Delay records a failed attempt and returns the number of failed attempts,
	// or 0 if the work has become pointless meanwhile.
	Delay(ctx context.Context, m Message, reason string, b catalog.Backoff) (attempts int, err error)
	// Bury records that there is no further attempt unless somebody asks for one.
	Bury(ctx context.Context, m Message, reason string) error
}

// outcome is the end of a delivery.
type outcome string

const (
	outcomeDone     outcome = "done"     // the effect is durable
	outcomeDropped  outcome = "dropped"  // the work had become pointless
	outcomeDelayed  outcome = "delayed"  // it failed; the catalog owes another attempt
	outcomeBuried   outcome = "buried"   // it is a dead letter
	outcomeReturned outcome = "returned" // the broker has it again: the worker stops, or the catalog cannot be reached
)

var outcomes = []outcome{outcomeDone, outcomeDropped, outcomeDelayed, outcomeBuried, outcomeReturned}

// Attempts that the catalog counts take about two days in all.
const (
	maxAttempts = 12

	// freeDeliveries is the number of deliveries before a message is suspected.
	// Restarts and a catalog that is down cost some.
	freeDeliveries = 5
	// maxDeliveries ends a suspect whose attempts the catalog does not count.
	maxDeliveries = 20
)

// errUnrecorded marks a suspect that was not served because the catalog did not
// record the attempt.
var errUnrecorded = errors.New("the attempt was not recorded")

var backoff = catalog.Backoff{First: 10 * time.Second, Most: 6 * time.Hour}

// settle alone turns the kind of an error into an outcome. It returns nil to
// acknowledge the message, or an error to give it back.
func (r *runner) settle(ctx context.Context, in *incoming, next func(context.Context) error) error {
	err := next(ctx)
	became, err := r.judge(ctx, in, err)
	if in.became = became; err != nil {
		in.became = outcomeReturned
	}
	return err
}

func (r *runner) judge(ctx context.Context, in *incoming, err error) (outcome, error) {
	if err == nil {
		return outcomeDone, nil
	}
	if ctx.Err() != nil || errors.Is(err, ErrStopping) || errors.Is(err, errUnrecorded) {
		return outcomeReturned, err // to another worker, or until the catalog can be reached
	}
	switch kind, after := fault.Of(err); kind {
	case fault.KindDrop:
		r.log.Debug("event dropped", "event", in.ID, "type", in.Type, "about", in.Subject, "reason", err)
		return outcomeDropped, nil
	case fault.KindReject:
		return r.bury(ctx, in, err, max(in.attempts, 1))
	default:
		return r.delay(ctx, in, err, after)
	}
}

// delay leaves the next attempt to the catalog, or ends the work after the last.
func (r *runner) delay(ctx context.Context, in *incoming, cause error, atLeast time.Duration) (outcome, error) {
	wait := backoff
	wait.AtLeast = atLeast
	attempts, err := r.ledger.Delay(ctx, in.Message, cause.Error(), wait)
	if err != nil {
		return outcomeReturned, errors.Join(cause, err)
	}
	if attempts >= maxAttempts {
		return r.bury(ctx, in, cause, attempts)
	}
	r.log.WarnContext(ctx, "attempt failed; will be tried again", withDetail(cause, "event", in.ID, "type", in.Type, "about", in.Subject, "attempts", attempts, "error", cause)...)
	return outcomeDelayed, nil
}

// bury ends the work of a message and keeps the message as a dead letter. The
// letter is written last, so that a retry at once finds the work ended.
func (r *runner) bury(ctx context.Context, in *incoming, cause error, attempts int) (outcome, error) {
	if in.ID != "" { // else the event could not be decoded, and names no work
		if err := r.ledger.Bury(ctx, in.Message, cause.Error()); err != nil {
			return outcomeReturned, errors.Join(cause, err)
		}
	}
	letter := catalog.DeadLetter{
		Worker: r.worker, Message: in.delivery.ID(), Tenant: tenantOf(in.Message), Document: documentIDOf(in.Message),
		Source: in.Source, Event: in.ID, Subject: in.On,
		Headers: in.raw.Metadata, Payload: in.raw.Payload, Reason: cause.Error(), Attempts: attempts,
	}
	if err := r.letters.Bury(ctx, letter); err != nil {
		return outcomeReturned, errors.Join(cause, err)
	}
	r.log.ErrorContext(ctx, "dead letter", withDetail(cause, "event", in.ID, "type", in.Type, "about", in.Subject, "reason", cause)...)
	return outcomeBuried, nil
}

// withDetail adds to the attributes of a log line the detail of an error that is for the
// operator alone.
func withDetail(err error, attributes ...any) []any {
	if detail := fault.Detail(err); detail != "" {
		return append(attributes, "detail", detail)
	}
	return attributes
}

// suspect guards against a message that ends its worker. Such a message is
// delivered often and never settled, because no worker is left to record the
// attempt. So suspect records an attempt before it lets a message of many
// deliveries pass. It lets one suspect pass at a time: a message that was merely
// in flight beside the guilty one, or met a catalog that was down, must not be
// blamed.
func (r *runner) suspect(ctx context.Context, in *incoming, next func(context.Context) error) error {
	if in.Delivered <= freeDeliveries {
		return next(ctx)
	}
	select {
	case r.suspects <- struct{}{}:
		defer func() { <-r.suspects }()
	case <-ctx.Done():
		return ctx.Err()
	}
	suspicion := fmt.Errorf("delivered %d times and never settled: it may be what ends its worker", in.Delivered)
	attempts, err := r.ledger.Delay(ctx, in.Message, suspicion.Error(), backoff)
	switch {
	case err != nil:
		return errors.Join(errUnrecorded, suspicion, err)
	case attempts >= maxAttempts, attempts == 0 && in.Delivered > maxDeliveries:
		in.attempts = attempts
		return fault.Reject(suspicion)
	}
	return next(ctx)
}
