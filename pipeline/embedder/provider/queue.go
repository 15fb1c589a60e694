package provider

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/leatworks/leat/pipeline/embedder"
)

// call is one Embed.
type call struct {
	ctx     context.Context
	purpose embedder.Purpose
	left    int // texts that are not settled; guarded by the embedder's mu
	done    chan struct{}
}

// item is a text to be sent, or a part of one. The goroutine that has taken it
// from the queue owns it. Fields that a call reads are written under mu.
type item struct {
	call   *call
	text   string // without prefix
	tokens int    // estimated
	since  time.Time

	most     int // texts in one request with it; 0: no bound
	attempts int // that failed while the provider was well
	tries    int // that failed
	alone    int // that failed with this text alone, while the provider was well

	unanswered bool // a request with it brought no answer

	parent *item // of a part
	parts  []*item
	open   int // parts that are not settled

	vector []float32
	err    error
	cost   embedder.Cost
}

// blank stands for a text that shows nothing, which some providers refuse.
const blank = "(blank)"

// newItem makes an item, in parts where the text is too long.
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

// prefix stands before each text.
func (e *Embedder) prefix(p embedder.Purpose) string {
	if p == embedder.Query {
		return e.cfg.QueryPrefix
	}
	return e.cfg.DocumentPrefix
}

// shortest is the least number of bytes worth sending as a part.
const shortest = 64

// Tokens that a model adds to each text, to mark its beginning and end.
const (
	extraTokens    = 4
	maxExtraTokens = 64 // of a prompt that the provider puts before it, such as Voyage's
)

func (e *Embedder) estimate(text string, p embedder.Purpose) int {
	return int(float64(len(text)+len(e.prefix(p)))/e.cfg.BytesPerToken) + extraTokens
}

// longest is the most bytes that are sent as one text.
func (e *Embedder) longest(p embedder.Purpose) int {
	return max(int(float64(e.cfg.MaxTokens-extraTokens)*e.cfg.BytesPerToken)-len(e.prefix(p)), shortest)
}

// divide makes parts of an item.
func (e *Embedder) divide(it *item, texts []string) {
	it.open = len(texts)
	for _, text := range texts {
		it.parts = append(it.parts, &item{call: it.call, text: text, tokens: e.estimate(text, it.call.purpose), since: it.since, parent: it})
	}
}

// leaves appends the parts of an item that are sent.
func (it *item) leaves(list []*item) []*item {
	if len(it.parts) == 0 {
		return append(list, it)
	}
	for _, part := range it.parts {
		list = part.leaves(list)
	}
	return list
}

// leastShare is the number of texts below which a request is not made smaller
// so that another may go beside it.
const leastShare = 8

// share is the tokens of a request of which limit may be under way: what waits
// is for all of them, since side by side they take less time than one after
// another. Where requests a minute are counted, each is as full as can be.
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

// take forms a batch of what waits, for a request of one purpose, where so many
// requests may be under way.
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

// requeue puts items back, to be sent before all others.
func (e *Embedder) requeue(items []*item) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.again = append(e.again, items...)
}

// settle ends an item, and with its last part the text.
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

// context returns a context that ends when the contexts of all calls of the
// batch have ended.
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
