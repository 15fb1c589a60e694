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
	// maxProblems bounds how many problems are told apart at a time. Further problems
	// are told apart by the text of the line alone; the code has few such texts.
	maxProblems = 100
	// maxReason bounds the bytes of a reason that are compared: the reason of a panic
	// holds a stack.
	maxReason = 300
)

// repeats is a handler for the log of a step. It logs the first warning or error
// about a problem at once. It gathers later ones, and logs the last of them once a
// minute, with their number. Otherwise a store that is down would be logged once
// for each message that it fails. At debug level every line is logged as it comes.
type repeats struct {
	slog.Handler
	*problems
}

// problems are the problems of one step, however many loggers it has.
type problems struct {
	mu   sync.Mutex
	open map[problem]*repetition
	done bool
}

// problem tells problems apart, by the text of the line and by the reason.
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

// tell logs the lines about a problem that were held back for a minute. It forgets a
// problem that has not come back in that time.
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

// close logs the lines that were held back. Later lines are logged as they come.
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

// log writes the last line, with the number of lines that it stands for.
func (r *repetition) log() {
	r.last.AddAttrs(slog.Int("times", r.more))
	_ = r.to.Handle(context.Background(), r.last) // slog's loggers ignore the error too: there is nowhere to report it
	r.more, r.last = 0, slog.Record{}
}

// problemOf takes the reason from the line's attribute error or reason. A line at
// level error, such as a dead letter, is the last word about a message, and its
// whole reason counts. Of a warning the innermost cause counts: all warnings about
// a store that is down have the same one.
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

// reasonOf returns the text of an error's innermost cause. The errors around it name
// the document, path or batch that met it. If there are several causes, the first
// counts.
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
