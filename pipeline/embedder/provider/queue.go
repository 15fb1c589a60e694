package provider

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/leatworks/leat/pipeline/embedder"
)

// call is one call of Embed.
type call struct {
	ctx     context.Context
	purpose embedder.Purpose
	left    int // texts that are not settled; guarded by the embedder's mu
	done    chan struct{}
}

// item is a text to be sent, or a part of one. It belongs to the goroutine that has taken it from the queue. Fields
// that a call reads are written under mu.
type item struct {
	call   *call
	text   string // without the prefix
	tokens int    // estimated
	since  time.Time

	most     int // most texts in a request with this one; 0 is no bound
	attempts int // failed requests while the provider embedded the probe
	tries    int // failed requests
	alone    int // failed requests with this text alone, while the provider embedded the probe
	busies   int // requests refused because the provider is busy

	unanswered bool // a request with this text got no answer

	parent *item // the text of which this is a part, or nil
	parts  []*item
	open   int // number of parts that are not settled

	vector []float32
	err    error
	cost   embedder.Cost
}

// blank replaces a text without visible characters, which some providers refuse.
const blank = "(blank)"

// newItem returns an item for a text. It divides a text that is too long.
func (e *Embedder) newItem(c *call, text string) *item {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if strings.TrimSpace(text) == "" {
		text = blank
	}
	it := &item{call: c, text: text, tokens: e.estimate(text, c.purpose), since: time.Now()}
	if most := e.longest(c.purpose); len(text) > most {
		e.divide(it, e.split(text, most))
	}
	return it
}

// prefix returns the words to put before each text.
func (e *Embedder) prefix(p embedder.Purpose) string {
	if p == embedder.Query {
		return e.cfg.QueryPrefix
	}
	return e.cfg.DocumentPrefix
}

// shortest is the least number of bytes worth sending as a part.
const shortest = 64

// The tokens that a model adds to each text, to mark its beginning and end.
const (
	extraTokens    = 4
	maxExtraTokens = 64 // with the prompt that a provider such as Voyage adds
)

func (e *Embedder) estimate(text string, p embedder.Purpose) int {
	return int(float64(len(text)+len(e.prefix(p)))/e.cfg.BytesPerToken) + extraTokens
}

// longest returns the most bytes that are sent as one text.
func (e *Embedder) longest(p embedder.Purpose) int {
	return max(int(float64(e.cfg.MaxTokens-extraTokens)*e.cfg.BytesPerToken)-len(e.prefix(p)), shortest)
}

// divide divides an item into parts.
func (e *Embedder) divide(it *item, texts []string) {
	it.open = len(texts)
	for _, text := range texts {
		it.parts = append(it.parts, &item{call: it.call, text: text, tokens: e.estimate(text, it.call.purpose), since: it.since, parent: it})
	}
}

// leaves appends the undivided parts of an item, which are sent, to list.
func (it *item) leaves(list []*item) []*item {
	if len(it.parts) == 0 {
		return append(list, it)
	}
	for _, part := range it.parts {
		list = part.leaves(list)
	}
	return list
}

// leastShare is the number of texts below which a request is not made smaller to leave texts for a concurrent one.
const leastShare = 8

// share returns the number of tokens for one request, if limit requests may be under way. It spreads the waiting texts
// over all of them, because concurrent requests take less time than one after another. If the requests in a minute are
// bounded, each request is as full as possible.
func (e *Embedder) share(limit int) int {
	if e.cfg.RequestsPerMinute > 0 {
		return e.cfg.BatchTokens
	}
	waiting := 0
	for _, queue := range [][]*item{e.again, e.fresh} {
		for _, it := range queue {
			waiting += it.tokens
		}
	}
	return min((waiting+limit-1)/limit, e.cfg.BatchTokens)
}

// take forms a batch of waiting texts of one purpose. limit is the number of requests that may be under way.
func (e *Embedder) take(limit int) []*item {
	e.mu.Lock()
	defer e.mu.Unlock()
	var batch []*item
	most, tokens, share := e.cfg.BatchItems, 0, e.share(limit)
	fits := func(it *item) bool {
		bound := most
		if it.most > 0 {
			bound = min(bound, it.most)
		}
		switch {
		case len(batch) == 0:
		case len(batch) >= bound, tokens+it.tokens > e.cfg.BatchTokens, it.call.purpose != batch[0].call.purpose,
			len(batch) >= leastShare && tokens >= share:
			return false
		}
		most = bound
		return true
	}
	for _, queue := range []*[]*item{&e.again, &e.fresh} {
		for len(*queue) > 0 {
			it := (*queue)[0]
			if it.call.ctx.Err() == nil {
				if !fits(it) {
					return batch
				}
				batch = append(batch, it)
				tokens += it.tokens
			}
			(*queue)[0] = nil
			*queue = (*queue)[1:]
		}
		*queue = nil
	}
	return batch
}

// requeue puts items back into the queue, before the fresh ones.
func (e *Embedder) requeue(items []*item) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.again = append(e.again, items...)
}

// settle ends an item. With the last part of a text, it ends the text.
func (e *Embedder) settle(it *item, vector []float32, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for it.vector, it.err = vector, err; it.parent != nil; it = it.parent {
		it.parent.open--
		if it.parent.open > 0 {
			return
		}
		pool(it.parent)
	}
	if it.call.left--; it.call.left == 0 {
		close(it.call.done)
	}
}

// context returns a context that ends when the contexts of all calls of the batch have ended.
func (b batch) context() (context.Context, func()) {
	calls := make(map[*call]bool)
	for _, it := range b {
		calls[it.call] = true
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(b[0].call.ctx))
	var left atomic.Int64
	left.Store(int64(len(calls)))
	var stops []func() bool
	for c := range calls {
		stops = append(stops, context.AfterFunc(c.ctx, func() {
			if left.Add(-1) == 0 {
				cancel()
			}
		}))
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}
