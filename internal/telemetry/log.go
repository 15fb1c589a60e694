package telemetry

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Handler returns a handler of logs that names the trace of each line, and sums up warnings and
// errors that repeat. Once [Start] has been called, it also sends the lines to the collector, if
// the environment names one. stop writes the sums that are still held.
func Handler(to slog.Handler) (h slog.Handler, stop func()) {
	c := &repeats{held: make(map[string]*repeated), window: repeatWindow, burst: repeatBurst, most: repeatKeys}
	return calm{sending(traced{to}), c}, c.flush
}

// traced adds the ids of the trace and of the span that a line belongs to.
type traced struct{ slog.Handler }

func (t traced) Handle(ctx context.Context, r slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		r = r.Clone()
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return t.Handler.Handle(ctx, r)
}

func (t traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{t.Handler.WithAttrs(attrs)} }
func (t traced) WithGroup(name string) slog.Handler       { return traced{t.Handler.WithGroup(name)} }

// A store that is down fails every message under way. A full disk once caused 1.6 MB of errors in a
// minute. Of the lines in a repeatWindow that say the same, the first repeatBurst are written, and
// then one that counts the others.
const (
	repeatWindow = time.Minute
	repeatBurst  = 5
	repeatKeys   = 256 // messages that are counted at once; others are written as they come
)

// calm leaves out lines that repeat. Lines say the same if level, message and store are equal. The
// details that may differ, such as an error or a path, are in the attributes.
type calm struct {
	slog.Handler
	repeats *repeats
}

func (c calm) WithAttrs(attrs []slog.Attr) slog.Handler {
	return calm{c.Handler.WithAttrs(attrs), c.repeats}
}
func (c calm) WithGroup(name string) slog.Handler {
	return calm{c.Handler.WithGroup(name), c.repeats}
}

func (c calm) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelWarn || c.repeats.pass(c.Handler, r) {
		return c.Handler.Handle(ctx, r)
	}
	return nil
}

// repeats counts the lines of each message.
type repeats struct {
	window time.Duration
	burst  int
	most   int

	mu   sync.Mutex
	held map[string]*repeated
}

// repeated is a message within its window.
type repeated struct {
	seen    int
	timer   *time.Timer
	handler slog.Handler // of the last line that was left out
	last    slog.Record
}

// keyOf returns the level and message of a line, and its store if it is about one. Since there are
// only four stores, the keys stay few.
func keyOf(r slog.Record) string {
	key := r.Level.String() + " " + r.Message
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "store" {
			key += " " + a.Value.String()
		}
		return true
	})
	return key
}

// pass says whether a line is written now.
func (c *repeats) pass(h slog.Handler, r slog.Record) bool {
	key := keyOf(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.held[key]
	if m == nil {
		if len(c.held) >= c.most {
			return true
		}
		m = &repeated{}
		m.timer = time.AfterFunc(c.window, func() { c.end(key) })
		c.held[key] = m
	}
	m.seen++
	if m.seen <= c.burst {
		return true
	}
	m.handler, m.last = h, r.Clone()
	return false
}

// end writes the sum of a message whose window has ended.
func (c *repeats) end(key string) {
	c.mu.Lock()
	m := c.held[key]
	delete(c.held, key)
	c.mu.Unlock()
	if m == nil || m.seen <= c.burst {
		return
	}
	m.timer.Stop()
	m.last.AddAttrs(slog.Int("repeated", m.seen-c.burst), slog.Duration("within", c.window))
	m.last.Time = time.Now()
	_ = m.handler.Handle(context.Background(), m.last) // there is nowhere to report an error
}

// flush writes all sums.
func (c *repeats) flush() {
	c.mu.Lock()
	var keys []string
	for key := range c.held {
		keys = append(keys, key)
	}
	c.mu.Unlock()
	for _, key := range keys {
		c.end(key)
	}
}
