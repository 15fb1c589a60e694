package telemetry_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/leatworks/leat/internal/telemetry"
)

// buffer has a lock, because a timer may write to it too.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) lines() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Split(strings.TrimSpace(b.text.String()), "\n")
}

// A full disk fails ten thousand messages a minute, and the log says so six times.
func TestErrorsThatRepeatAreSummedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out buffer
		handler, stop := telemetry.Handler(slog.NewTextHandler(&out, nil))
		log := slog.New(handler).With("worker", "indexer")
		for i := range 10_000 {
			log.Error("message failed", "error", fmt.Errorf("disk %d is full", i))
		}
		log.Error("another problem")
		log.Info("message failed")
		if lines := out.lines(); len(lines) != 7 {
			t.Errorf("%d lines, want 5 of the first, one of the second, one for information", len(lines))
		}
		time.Sleep(61 * time.Second)
		synctest.Wait()
		lines := out.lines()
		last := lines[len(lines)-1]
		if len(lines) != 8 || !strings.Contains(last, "repeated=9995") || !strings.Contains(last, "disk 9999 is full") || !strings.Contains(last, "worker=indexer") {
			t.Errorf("%d lines, the last of them: %s", len(lines), last)
		}
		for range 6 {
			log.Error("message failed")
		}
		stop()
		if lines := out.lines(); len(lines) != 14 || !strings.Contains(lines[13], "repeated=1") {
			t.Errorf("after the end: %d lines, the last of them: %s", len(lines), lines[len(lines)-1])
		}
	})
}

func TestLinesNameTheirTrace(t *testing.T) {
	var out buffer
	handler, stop := telemetry.Handler(slog.NewJSONHandler(&out, nil))
	defer stop()
	ctx, span := trace.NewTracerProvider().Tracer("test").Start(t.Context(), "work")
	defer span.End()
	slog.New(handler).With("a", 1).InfoContext(ctx, "within")
	slog.New(handler).Info("without")
	lines := out.lines()
	if want := `"trace_id":"` + span.SpanContext().TraceID().String() + `"`; !strings.Contains(lines[0], want) {
		t.Errorf("no %s in %s", want, lines[0])
	}
	if strings.Contains(lines[1], "trace_id") {
		t.Errorf("a trace in %s", lines[1])
	}
}

func TestLogFileIsRotated(t *testing.T) {
	dir := t.TempDir()
	open := func() *telemetry.LogFile {
		l, err := telemetry.OpenLogFile(dir, "leat.log", 100, 2)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := open()
	for i := range 10 {
		if _, err := fmt.Fprintf(l, "%d %s\n", i, strings.Repeat("x", 37)); err != nil { // 40 bytes: two a file
			t.Fatal(err)
		}
		if i == 4 { // a restart continues the file
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l = open()
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Write([]byte("late")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a closed file takes a line: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 3 {
		t.Fatalf("%q, %v", files, err)
	}
	for name, first := range map[string]string{"leat.log": "8 ", "leat.log.1": "6 ", "leat.log.2": "4 "} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.HasPrefix(string(text), first) || len(text) != 80 {
			t.Errorf("%s is %q, %v", name, text, err)
		}
	}
}

// The name of a log cannot lead out of its directory, neither by its characters nor by a link.
func TestLogFileStaysInItsDirectory(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside")
	if err := os.Symlink(outside, filepath.Join(dir, "link.log")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../x.log", "/tmp/x.log", "a/b.log", "", ".", "link.log"} {
		if l, err := telemetry.OpenLogFile(dir, name, 100, 2); err == nil {
			l.Close()
			t.Errorf("%q is opened", name)
		}
	}
	if _, err := os.Stat(outside); err == nil {
		t.Error("a file outside was made")
	}
}
