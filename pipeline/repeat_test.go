package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// written is the output of a handler, from any goroutine.
type written struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *written) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

// take returns the lines since the last call, when no goroutine has more to say.
func (w *written) take() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	text := w.text.String()
	w.text.Reset()
	return slices.Collect(strings.Lines(text))
}

// A problem is logged at once, and then once a minute with a count. No case is left
// out of the counts.
func TestAProblemIsALineAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out written
		h := newRepeats(slog.NewTextHandler(&out, nil))
		log := slog.New(h).With("worker", "indexer")
		for i := range 1000 {
			log.Warn("attempt failed", "event", i, "error", fmt.Errorf("write points of document %d: %w", i, syscall.ECONNREFUSED))
		}
		if lines := out.take(); len(lines) != 1 || !strings.Contains(lines[0], "event=0 ") || strings.Contains(lines[0], "times=") {
			t.Errorf("at once: %q", lines)
		}
		log.Warn("attempt failed", "error", fmt.Errorf("write the pack: %w", syscall.ENOSPC))
		log.Error("attempt failed", "error", fmt.Errorf("write the pack: %w", syscall.ENOSPC))
		if lines := out.take(); len(lines) != 2 {
			t.Errorf("another problem, and a worse line: %q", lines)
		}
		time.Sleep(repeatEvery)
		if lines := out.take(); len(lines) != 1 || !strings.Contains(lines[0], "worker=indexer") || !strings.Contains(lines[0], "event=999 ") || !strings.HasSuffix(lines[0], "times=999\n") {
			t.Errorf("after a minute: %q", lines)
		}
		log.Warn("attempt failed", "error", syscall.ECONNREFUSED)
		log.Warn("attempt failed", "error", syscall.ECONNREFUSED)
		time.Sleep(repeatEvery)
		if lines := out.take(); len(lines) != 1 || !strings.HasSuffix(lines[0], "times=2\n") {
			t.Errorf("after another: %q", lines)
		}
		time.Sleep(2 * repeatEvery)
		if lines := out.take(); lines != nil {
			t.Errorf("a problem that has passed: %q", lines)
		}
		log.Warn("attempt failed", "error", syscall.ECONNREFUSED)
		if lines := out.take(); len(lines) != 1 {
			t.Errorf("the problem is back: %q", lines)
		}
		log.Warn("attempt failed", "error", syscall.ECONNREFUSED)
		h.close()
		if lines := out.take(); len(lines) != 1 || !strings.HasSuffix(lines[0], "times=1\n") {
			t.Errorf("at the end: %q", lines)
		}
		log.Warn("attempt failed", "error", syscall.ECONNREFUSED)
		if lines := out.take(); len(lines) != 1 {
			t.Errorf("after the end: %q", lines)
		}
	})
}

func TestEachLineIsThereAtDebugLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out written
		h := newRepeats(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		defer h.close()
		for i := range 10 {
			slog.New(h).Warn("attempt failed", "event", i, "error", syscall.ENOSPC)
		}
		text := strings.Join(out.take(), "")
		if warn, debug := strings.Count(text, "level=WARN"), strings.Count(text, "level=DEBUG"); warn != 1 || debug != 9 {
			t.Errorf("%d warnings and %d lines at debug level", warn, debug)
		}
	})
}

// However many problems there are, memory and lines are bounded.
func TestProblemsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out written
		h := newRepeats(slog.NewTextHandler(&out, nil))
		defer h.close()
		for i := range 10 * maxProblems {
			name := strings.Map(func(r rune) rune { return r - '0' + 'g' }, fmt.Sprint(i)) // no number: it would be left out
			slog.New(h).Error("dead letter", "reason", errors.New("cannot read "+name))
		}
		if lines := out.take(); len(lines) != maxProblems+1 {
			t.Errorf("%d lines", len(lines))
		}
	})
}

func TestAReasonIsTheInnermostCauseWithoutIDs(t *testing.T) {
	refused := &fs.PathError{Op: "open", Path: "/packs/a", Err: syscall.ENOSPC}
	for name, c := range map[string]struct{ a, b error }{
		"what wraps it":  {fmt.Errorf("document a: %w", syscall.EIO), fmt.Errorf("document b: %w", syscall.EIO)},
		"the path":       {refused, &fs.PathError{Op: "write", Path: "/packs/b", Err: syscall.ENOSPC}},
		"several causes": {errors.Join(nil, refused, errors.New("a")), fmt.Errorf("%w; %w", syscall.ENOSPC, errors.New("b"))},
		"an id":          {errors.New("point 0190f3a2-11ab-7c00-8f00-aa is not there"), errors.New("point fa90f3a2-11ab-7c00-8f00-ab is not there")},
		"a port":         {errors.New("read 127.0.0.1:40112->127.0.0.1:6334: EOF"), errors.New("read 127.0.0.1:40118->127.0.0.1:6334: EOF")},
	} {
		if a, b := reasonOf(c.a), reasonOf(c.b); a != b {
			t.Errorf("%s: %q and %q are told apart", name, a, b)
		}
	}
	if a, b := reasonOf(syscall.ENOSPC), reasonOf(syscall.EIO); a == b {
		t.Errorf("%q and %q are not told apart", a, b)
	}
}

// Dead letters are told apart by their whole reasons. Those with the same reason are
// counted, so that a flood of junk is a line a minute.
func TestDeadLettersAreToldApartByTheirReasons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out written
		log := slog.New(newRepeats(slog.NewTextHandler(&out, nil)))
		invalid := errors.New("invalid event")
		for i := range 100 {
			log.Error("dead letter", "event", i, "reason", fmt.Errorf("%w: specversion \"0.3\"", invalid))
			log.Error("dead letter", "event", i, "reason", fmt.Errorf("%w: type \"com.example.push\"", invalid))
		}
		lines := out.take()
		if len(lines) != 2 || !strings.Contains(lines[0], "specversion") || !strings.Contains(lines[1], "com.example.push") {
			t.Errorf("at once: %q", lines)
		}
		time.Sleep(2 * repeatEvery) // the timers end within the bubble
		time.Sleep(repeatEvery)
	})
}
