package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"sync"
	"time"
)

const (
	// repeatEvery is how often a problem that lasts is logged again.
	repeatEvery = time.Minute
	// maxProblems bounds how many problems are told apart at a time. Those beyond
	// are told apart by their lines' text alone, of which the code has a few.
	maxProblems = 100
	// maxReason bounds the bytes of a reason that are compared: a panic's holds a
	// stack.
	maxReason = 300
)

// repeats is a handler that logs a warning or an error at once when it is the
// first about its problem, and the later ones as one line a minute, the last of
// them with their number. A store that is down fails every message, and would be
// logged once a message. At debug level each line is there, as it comes.
type repeats struct {
	slog.Handler
	*problems
}

// problems are those of one step, however many loggers it has.
type problems struct {
	mu   sync.Mutex
	open map[problem]*repetition
	done bool
}

// problem tells problems apart: what the line says, and why.
type problem struct {
	level     slog.Level
	line, why string
}

// repetition counts the cases of a problem that were not logged since its last line.
type repetition struct {
	more  int
	last  slog.Record
	to    slog.Handler
	timer *time.Timer
}

func newRepeats(to slog.Handler) repeats {
	return repeats{to, &problems{open: make(map[problem]*repetition)}}
}

func (h repeats) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelWarn || h.first(r) {
		return h.Handler.Handle(ctx, r)
	}
	if !h.Enabled(ctx, slog.LevelDebug) {
		return nil
	}
	r = r.Clone()
	r.Level = slog.LevelDebug
	return h.Handler.Handle(ctx, r)
}

func (h repeats) WithAttrs(attrs []slog.Attr) slog.Handler {
	return repeats{h.Handler.WithAttrs(attrs), h.problems}
}

func (h repeats) WithGroup(name string) slog.Handler {
	return repeats{h.Handler.WithGroup(name), h.problems}
}

// first counts a line, and reports whether it is the first about its problem.
func (h repeats) first(r slog.Record) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.done {
		return true
	}
	p := problemOf(r)
	if _, known := h.open[p]; !known && len(h.open) >= maxProblems {
		p.why = ""
	}
	if known := h.open[p]; known != nil {
		known.more++
		known.last, known.to = r.Clone(), h.Handler
		return false
	}
	h.open[p] = &repetition{timer: time.AfterFunc(repeatEvery, func() { h.tell(p) })}
	return true
}

// tell logs what has been held back of a problem, and forgets a problem that has
// not come back for as long as that.
func (ps *problems) tell(p problem) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	known := ps.open[p]
	if known == nil || ps.done {
		return
	}
	if known.more == 0 {
		delete(ps.open, p)
		return
	}
	known.log()
	known.timer.Reset(repeatEvery)
}

// close logs what has been held back. What comes later is logged as it comes.
func (ps *problems) close() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.done = true
	for _, known := range ps.open {
		known.timer.Stop()
		if known.more > 0 {
			known.log()
		}
	}
	clear(ps.open)
}

// log writes the last line with the number of those that it stands for.
func (r *repetition) log() {
	r.last.AddAttrs(slog.Int("times", r.more))
	_ = r.to.Handle(context.Background(), r.last) // as slog's loggers do: there is nowhere else to say it
	r.more, r.last = 0, slog.Record{}
}

// problemOf takes the reason from the line's error or reason. An error, such as a
// dead letter, is of its whole reason: it is the last word about a message. The
// warnings of a store that is down have one cause, whatever wraps it.
func problemOf(r slog.Record) problem {
	p := problem{level: r.Level, line: r.Message}
	r.Attrs(func(a slog.Attr) bool {
		if a.Key != "error" && a.Key != "reason" {
			return true
		}
		if err, ok := a.Value.Any().(error); ok && err != nil && r.Level < slog.LevelError {
			p.why = reasonOf(err)
		} else {
			p.why = withoutIDs(a.Value.String())
		}
		return false
	})
	return p
}

// varying matches the parts that differ between two lines about one problem: ids, hashes,
// ports and other numbers.
var varying = regexp.MustCompile(`[0-9a-fA-F-]*[0-9][0-9a-fA-F-]*`)

func withoutIDs(text string) string {
	return varying.ReplaceAllString(text[:min(len(text), maxReason)], "#")
}

// reasonOf is the text of an error's innermost cause: what wraps it names the
// document, the path or the batch that met it. Of several causes it is the first.
func reasonOf(err error) string {
	for {
		inner := errors.Unwrap(err)
		if several, ok := err.(interface{ Unwrap() []error }); ok {
			for _, each := range several.Unwrap() {
				if each != nil {
					inner = each
					break
				}
			}
		}
		if inner == nil {
			return withoutIDs(err.Error())
		}
		err = inner
	}
}
