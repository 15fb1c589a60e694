package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/embedder"
)

// batch holds the items of one request.
type batch []*item

const (
	// queryPatience is the longest time that a query waits for an address, and queryTries the number of requests for
	// it.
	queryPatience = 2 * time.Second
	queryTries    = 3
	// halveAfter is the number of failures after which a batch is halved, and giveUpAfter the number after which a
	// single text fails. Failures count only while the provider embeds the probe.
	halveAfter  = 2
	giveUpAfter = 2
	// doubtAfter is the number of "busy" answers after which a batch too is suspected. For such a batch giveUpBusy
	// takes the place of giveUpAfter, because a provider that is really busy still has room for a probe now and then.
	doubtAfter = 3
	giveUpBusy = 6
	// spoiledTries is the number of invalid vectors after which a text fails.
	spoiledTries = 3
)

// run sends a batch, and settles or requeues its items.
func (e *Embedder) run(b batch, epoch int) {
	defer e.pump()
	ctx, release := b.context()
	defer release()
	to, err := e.reach(ctx, b)
	if err != nil {
		e.gate.leave()
		e.fail(b, err)
		return
	}
	for _, it := range b {
		it.cost.Waited += time.Since(it.since) / time.Duration(len(b))
		it.cost.Requests += 1 / float64(len(b))
	}
	answered, err := e.send(ctx, to, e.texts(b), b[0].call.purpose)
	switch p := (*problem)(nil); {
	case err == nil:
		e.gate.succeeded()
	case ctx.Err() == nil && errors.As(err, &p) && (p.kind == busy || p.kind == slow):
		e.gate.overloaded(epoch)
	default:
		e.gate.leave()
	}
	if err == nil {
		e.pump() // before the answer is read, which takes a while for thousands of vectors
		err = e.accept(ctx, to, b, answered)
	} else if ctx.Err() != nil {
		e.fail(b, context.Cause(ctx)) // no caller waits for the batch any more
		return
	}
	var p *problem
	switch {
	case err == nil:
		return
	case !errors.As(err, &p):
		p = &problem{kind: down, err: err}
	}
	p.err = fmt.Errorf("embed at %s: %w", to.host, p.err)
	e.retry(ctx, to, b, p)
}

// texts returns the texts to send.
func (e *Embedder) texts(b batch) []string {
	texts := make([]string, len(b))
	for i, it := range b {
		texts[i] = e.prefix(it.call.purpose) + it.text
	}
	return texts
}

// fail ends all items with one error.
func (e *Embedder) fail(b batch, err error) {
	for _, it := range b {
		e.settle(it, nil, err)
	}
}

// accept settles the items whose vectors are valid. If it returns an error, the whole answer is invalid and no item is
// settled.
func (e *Embedder) accept(ctx context.Context, to *address, b batch, answered body) error {
	r, err := e.read(answered, len(b))
	if err != nil {
		return err
	}
	vectors := make([][]float32, len(b))
	spoiled := make([]error, len(b))
	for i, v := range r.vectors {
		if len(v) != e.cfg.NativeDimensions {
			return &problem{kind: down, err: fmt.Errorf("answered with %d dimensions, not %d: is it another model?", len(v), e.cfg.NativeDimensions)}
		}
		vectors[i], spoiled[i] = e.cfg.finish(v)
	}
	if r.pause > 0 {
		to.hold(r.pause)
	}
	e.count(b, r)
	var again []*item
	for i, it := range b {
		switch {
		case spoiled[i] == nil:
			e.settle(it, vectors[i], nil)
		case it.attempts+1 < spoiledTries:
			it.attempts++
			it.cost.Retries++
			it.most = 1
			again = append(again, it)
		default:
			e.blame(ctx, to, it, fmt.Errorf("the model answers this text of %d bytes with %w", len(it.text), spoiled[i]))
		}
	}
	e.requeue(again)
	if len(again) < len(b) {
		to.succeeded()
	}
	return nil
}

// count shares the tokens of a request among its texts, by length.
func (e *Embedder) count(b batch, r reply) {
	estimate, most := 0, 0
	for _, it := range b {
		estimate += it.tokens
		most += len(it.text) + len(e.prefix(it.call.purpose)) + maxExtraTokens
	}
	used := r.tokens
	if used <= 0 || used > most { // not credible: no tokenizer in use makes more tokens than bytes
		used = estimate
	}
	left := used
	for i, it := range b {
		share := used * it.tokens / estimate
		if i == len(b)-1 {
			share = left
		}
		it.cost.Tokens += share
		left -= share
	}
	e.mu.Lock()
	e.owed += used - estimate
	e.mu.Unlock()
}

// retry settles or requeues the items of a request that failed.
func (e *Embedder) retry(ctx context.Context, to *address, b batch, p *problem) {
	for _, it := range b {
		it.cost.Retries++
		it.tries++
	}
	switch p.kind {
	case busy:
		to.busy(p.after)
		b = e.doubt(ctx, to, b, p)
	case slow, down, denied:
		b = e.suspect(ctx, to, b, p)
	case refused:
		if len(b) == 1 {
			e.refuse(ctx, to, b[0], p)
			return
		}
		b.halve()
		e.requeue(b) // a query too: the halving ends at single texts
		return
	}
	if len(b) > 0 && b[0].call.purpose == embedder.Query {
		b = e.giveUp(b, p, func(it *item) bool { return it.tries >= queryTries })
	}
	e.requeue(b)
}

func (b batch) halve() {
	for _, it := range b {
		it.most = (len(b) + 1) / 2
	}
}

// suspect finds out whether the provider or one of the texts is at fault. If the server answered with an error, or a
// text is without an answer for the second time, suspect sends the probe. If the provider embeds that, a text is at
// fault: the address stays in use, so that no other text waits, and the batch is halved until the text is alone.
func (e *Embedder) suspect(ctx context.Context, to *address, b batch, p *problem) batch {
	if !p.answered && !b[0].unanswered {
		for _, it := range b {
			it.unanswered = true
		}
		to.failed(p.err, false)
		return b
	}
	if err := e.probe(ctx, to); err != nil {
		if ctx.Err() == nil {
			to.failed(fmt.Errorf("%w; and with the probe: %w", p.err, err), p.kind == denied)
		}
		return b
	}
	return e.accuse(b, p, giveUpAfter)
}

// doubt finds out whether the provider is busy, or says so about these texts alone. A provider says so about a request
// that is larger than its limit for a minute. That is rare, so doubt first sends the batch again as it is.
func (e *Embedder) doubt(ctx context.Context, to *address, b batch, p *problem) batch {
	for _, it := range b {
		it.busies++
	}
	if b[0].busies < doubtAfter || e.probe(ctx, to) != nil {
		return b
	}
	return e.accuse(b, p, giveUpBusy)
}

// accuse counts a failure of a batch while the provider embedded the probe. After some failures it halves the batch. A
// text fails once it has been alone in as many failed requests as most says.
func (e *Embedder) accuse(b batch, p *problem, most int) batch {
	for _, it := range b {
		it.attempts++
		if len(b) == 1 {
			it.alone++
		}
	}
	if len(b) > 1 && b[0].attempts >= halveAfter {
		b.halve()
	}
	return e.giveUp(b, p, func(it *item) bool { return it.alone >= most })
}

// giveUp fails the items for which over is true, and returns the others.
func (e *Embedder) giveUp(b batch, p *problem, over func(*item) bool) batch {
	var rest batch
	for _, it := range b {
		if over(it) {
			e.settle(it, nil, embedder.OfTexts(p.fault()))
		} else {
			rest = append(rest, it)
		}
	}
	return rest
}

// refuse divides a text that is too long for the provider, and blames any other text that it refuses.
func (e *Embedder) refuse(ctx context.Context, to *address, it *item, p *problem) {
	if isTooLong(p.Error()) && len(it.text) >= 2*shortest {
		e.mu.Lock()
		e.divide(it, e.split(it.text, (len(it.text)+1)/2))
		e.mu.Unlock()
		e.requeue(it.parts)
		return
	}
	e.blame(ctx, to, it, p)
}

// blame rejects a text with which the provider fails, if the provider embeds the probe. Otherwise the text is not at
// fault, and waits.
func (e *Embedder) blame(ctx context.Context, to *address, it *item, err error) {
	if probeErr := e.probe(ctx, to); probeErr != nil {
		if ctx.Err() != nil {
			e.settle(it, nil, context.Cause(ctx))
			return
		}
		to.failed(fmt.Errorf("%w; and with the probe: %w", err, probeErr), true)
		e.requeue([]*item{it})
		return
	}
	e.settle(it, nil, fault.Reject(err))
}
