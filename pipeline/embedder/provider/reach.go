package provider

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/wait"
	"github.com/leatworks/leat/pipeline/embedder"
)

// probeText is the text that an address must embed before it is used, and after it has failed.
const probeText = "func Add(a, b int) int { return a + b }"

// minLikeness is the cosine below which two addresses count as serving different models. The same model on other
// hardware, or at another precision, stays above 0.99.
const minLikeness = 0.98

// reach returns an address to which the batch may be sent now. It waits for one until ctx ends, but only briefly for a
// query.
func (e *Embedder) reach(ctx context.Context, b batch) (*address, error) {
	if err := e.reserve(ctx, b); err != nil {
		return nil, err
	}
	for began := time.Now(); ; {
		to, closed := e.pick()
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case b[0].call.purpose == embedder.Query && time.Since(began)+closed > queryPatience:
			return nil, fault.RetryAfter(fmt.Errorf("embedder %s does not answer: %w", e.cfg.Name, e.trouble()), max(closed, e.cfg.OpenFor))
		case closed > 0:
			_ = wait.For(ctx, closed) // a context that ends is noticed above
		case e.try(ctx, to):
			return to, nil
		}
	}
}

// pick returns the first address that may be used now, or the time until one may be used.
func (e *Embedder) pick() (*address, time.Duration) {
	least := time.Duration(math.MaxInt64)
	now := time.Now()
	for _, a := range e.addresses {
		wait, _ := a.wait(now)
		if wait == 0 {
			return a, 0
		}
		least = min(least, wait)
	}
	return nil, least
}

// try reports whether an address can be used. If the address has not answered yet, or has failed, one of the
// goroutines that want it sends the probe first.
func (e *Embedder) try(ctx context.Context, a *address) bool {
	if _, trial := a.wait(time.Now()); !trial {
		return true
	}
	select {
	case a.trial <- struct{}{}:
		defer func() { <-a.trial }()
	case <-ctx.Done():
		return false
	}
	wait, trial := a.wait(time.Now())
	if !trial {
		return wait == 0
	}
	if wait > 0 || !a.breaker.IsClosed() && !a.breaker.TryAcquirePermit() {
		return false
	}
	err := e.probe(ctx, a)
	var p *problem
	switch {
	case err == nil:
		a.prove()
		return true
	case ctx.Err() != nil:
		a.release()
	case errors.As(err, &p) && p.kind == busy:
		a.release()
		a.busy(p.after)
	default:
		a.disprove(err)
	}
	return false
}

// probe embeds the probe, and compares its vector with that of the first address that answered.
func (e *Embedder) probe(ctx context.Context, a *address) error {
	if e.limits != nil {
		// The probe counts against the limit and does not wait for it, because others wait for its result.
		_, _ = e.limits.Reserve(ctx, e.cfg.Name, 1, e.estimate(probeText, embedder.Document), e.cfg.RequestsPerMinute, e.cfg.TokensPerMinute)
	}
	r, err := e.post(ctx, a, []string{e.prefix(embedder.Document) + probeText}, embedder.Document)
	if err != nil {
		return err
	}
	if len(r.vectors[0]) != e.cfg.NativeDimensions {
		return fault.Reject(fmt.Errorf("it answers with %d dimensions, not %d", len(r.vectors[0]), e.cfg.NativeDimensions))
	}
	v, err := e.cfg.finish(r.vectors[0])
	if err != nil {
		return fmt.Errorf("it answers with %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.reference == nil {
		e.reference = v
	}
	if c := cosine(v, e.reference); c < minLikeness {
		return fault.Reject(fmt.Errorf("it answers as another model does: cosine %.3f with what was answered before", c))
	}
	return nil
}

// Probe asks the addresses for a vector until one answers with the configured number of dimensions. A Reject means that
// an address answers with other vectors. Any other error may pass, and texts wait until it has passed.
func (e *Embedder) Probe(ctx context.Context) error {
	var errs []error
	for _, a := range e.addresses {
		err := e.probe(ctx, a)
		if err == nil {
			a.prove()
			return nil
		}
		errs = append(errs, fmt.Errorf("probe embedder %s at %s: %w", e.cfg.Name, a.host, err))
	}
	return errors.Join(errs...)
}

// reserve waits until the limits of all processes admit the request.
func (e *Embedder) reserve(ctx context.Context, b batch) error {
	if e.limits == nil || e.cfg.RequestsPerMinute == 0 && e.cfg.TokensPerMinute == 0 {
		return nil
	}
	e.mu.Lock()
	tokens := e.owed
	e.owed = 0
	e.mu.Unlock()
	for _, it := range b {
		tokens += it.tokens
	}
	turn, err := e.limits.Reserve(ctx, e.cfg.Name, 1, tokens, e.cfg.RequestsPerMinute, e.cfg.TokensPerMinute)
	if b[0].call.purpose == embedder.Query {
		return nil // a query counts but does not wait; documents wait for longer instead
	}
	if err != nil {
		return fmt.Errorf("reserve a request to %s: %w", e.cfg.Name, err)
	}
	return wait.For(ctx, turn)
}
