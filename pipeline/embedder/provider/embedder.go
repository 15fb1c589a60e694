package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/embedder"
)

// Limits holds the bounds that all processes share.
type Limits interface {
	// Reserve takes requests and tokens from the amount that an embedder may use in a minute, and returns the time to
	// wait before they may be used. A bound of 0 a minute is no bound. A negative number of tokens gives back unused
	// ones.
	Reserve(ctx context.Context, embedder string, requests, tokens, requestsPerMinute, tokensPerMinute int) (time.Duration, error)
}

// Split cuts a text that is too long for a model into parts of at most so many bytes. Each part is shorter than the
// text, and together they are the text.
type Split func(text string, most int) []string

// Embedder is a model behind HTTP.
type Embedder struct {
	cfg       Config
	split     Split
	wire      wire
	http      *http.Client
	limits    Limits
	log       *slog.Logger
	gate      *gate
	addresses []*address

	mu        sync.Mutex
	again     []*item   // texts to be sent again, before the fresh ones
	fresh     []*item   // texts that were not sent yet, in the order of their calls
	owed      int       // tokens used but not reserved
	reference []float32 // vector of the probe by the first address that answered
}

var _ embedder.Metered = (*Embedder)(nil)

// Open checks cfg and returns the embedder. It sends no request; Probe does. split cuts texts that are too long, by
// the rules of the chunker. limits may be nil if cfg sets no bounds for a minute.
func Open(cfg Config, split Split, limits Limits, log *slog.Logger) (*Embedder, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	log = log.With("embedder", cfg.Name)
	e := &Embedder{cfg: cfg, split: split, http: newHTTP(cfg.Concurrency), limits: limits, log: log, gate: newGate(cfg.Concurrency)}
	e.wire = providers[cfg.Provider].wire(&e.cfg)
	for _, address := range cfg.URLs {
		e.addresses = append(e.addresses, newAddress(strings.TrimRight(address, "/"), cfg.OpenFor, log))
	}
	return e, nil
}

// Close closes idle connections.
func (e *Embedder) Close() error {
	e.http.CloseIdleConnections()
	return nil
}

// Model implements [embedder.Embedder].
func (e *Embedder) Model() embedder.Model {
	return embedder.Model{Name: e.cfg.Name, Dimensions: e.cfg.Dimensions, Distance: e.cfg.Distance, Recipe: e.cfg.recipe()}
}

// Price returns the price of a million tokens.
func (e *Embedder) Price() float64 { return e.cfg.Price }

// Embed implements [embedder.Embedder].
func (e *Embedder) Embed(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, error) {
	vectors, _, err := e.EmbedMetered(ctx, texts, purpose)
	return vectors, err
}

// EmbedMetered implements [embedder.Metered]. Batches form from the texts of all calls under way.
func (e *Embedder) EmbedMetered(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, []embedder.Cost, error) {
	if ctx.Err() != nil {
		return nil, nil, fmt.Errorf("embed %d texts: %w", len(texts), context.Cause(ctx))
	}
	c := &call{ctx: ctx, purpose: purpose, done: make(chan struct{})}
	roots := make([]*item, len(texts))
	for i, text := range texts {
		roots[i] = e.newItem(c, text)
	}
	if len(texts) == 0 {
		return nil, nil, nil
	}
	e.push(c, roots)
	e.pump()
	select {
	case <-c.done:
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("embed %d texts: %w", len(texts), errors.Join(context.Cause(ctx), e.trouble()))
	}
	return e.collect(roots)
}

// trouble returns the last failures of the addresses that have stopped answering.
func (e *Embedder) trouble() error {
	var errs []error
	for _, a := range e.addresses {
		if err := a.failure(); err != nil && !a.breaker.IsClosed() {
			errs = append(errs, fmt.Errorf("%s: %w", a.host, err))
		}
	}
	return errors.Join(errs...)
}

// collect returns the vectors of a call, and an error if some texts have failed.
func (e *Embedder) collect(roots []*item) ([][]float32, []embedder.Cost, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	vectors := make([][]float32, len(roots))
	costs := make([]embedder.Cost, len(roots))
	var final, passing error
	failed := 0
	for i, it := range roots {
		vectors[i], costs[i] = it.vector, it.cost
		if it.err == nil {
			continue
		}
		failed++
		if kind, _ := fault.Of(it.err); kind == fault.KindReject {
			final = cmp.Or(final, it.err)
		} else {
			passing = cmp.Or(passing, it.err)
		}
	}
	if failed == 0 {
		return vectors, costs, nil
	}
	// An error that may pass takes precedence. A final error returns when its text is alone.
	return vectors, costs, fmt.Errorf("%s: %d of %d texts: %w", e.cfg.Name, failed, len(roots), cmp.Or(passing, final))
}

// push queues the items of a call, sorted so that items of similar length are together.
func (e *Embedder) push(c *call, roots []*item) {
	var leaves []*item
	for _, it := range roots {
		leaves = it.leaves(leaves)
	}
	slices.SortStableFunc(leaves, func(a, b *item) int { return cmp.Compare(b.tokens, a.tokens) })
	e.mu.Lock()
	defer e.mu.Unlock()
	c.left = len(roots)
	e.fresh = append(e.fresh, leaves...)
}

// pump sends as many batches as may be under way.
func (e *Embedder) pump() {
	for {
		epoch, limit, allowed := e.gate.enter()
		if !allowed {
			return
		}
		batch := e.take(limit)
		if len(batch) == 0 {
			e.gate.leave()
			if e.idle() {
				return
			}
			continue // a call has queued texts since, and the gate was full
		}
		go e.run(batch, epoch)
	}
}

// idle reports whether no text waits to be sent.
func (e *Embedder) idle() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.again)+len(e.fresh) == 0
}
