package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/leatworks/leat/internal/number"
)

// answer is the output of a command on standard output.
type answer struct{ given bool }

// json prints the one document of a command with --json.
func (a *answer) json(v any) error {
	a.given = true
	var document bytes.Buffer
	encoder := json.NewEncoder(&document)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("print the answer: %w", err)
	}
	if _, err := os.Stdout.Write(escapeControls(document.Bytes())); err != nil {
		return fmt.Errorf("print the answer: %w", err)
	}
	return nil
}

// escapeControls replaces the characters of a JSON document that steer a terminal
// by \u escapes, which mean the same to every reader of JSON. Such characters occur
// only in strings, and encoding/json has escaped those below U+0020.
func escapeControls(document []byte) []byte {
	if bytes.IndexFunc(document, steers) < 0 {
		return document
	}
	escaped := make([]byte, 0, len(document)+64)
	for i := 0; i < len(document); {
		r, size := utf8.DecodeRune(document[i:])
		if steers(r) {
			escaped = fmt.Appendf(escaped, `\u%04x`, r)
		} else {
			escaped = append(escaped, document[i:i+size]...)
		}
		i += size
	}
	return escaped
}

// steers reports whether a terminal obeys a character instead of showing it: DEL,
// the controls of C0 and C1 except line breaks and tabs, and Unicode's controls of
// direction, which can make code look different from what runs
// (https://trojansource.codes, Unicode UAX #9 section 2).
func steers(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < ' ', r >= 0x7f && r < 0xa0:
		return true
	case r == 0x061c, r == 0x200e, r == 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return false
}

// screen is the log's standard error. While there are progress bars, it writes above
// them.
type screen struct{ above atomic.Pointer[io.Writer] }

func (s *screen) Write(p []byte) (int, error) {
	if above := s.above.Load(); above != nil {
		return (*above).Write(p)
	}
	return os.Stderr.Write(p)
}

func (s *screen) show(above io.Writer) { s.above.Store(&above) }

func (s *screen) clear() { s.above.Store(nil) }

// oneLine joins the lines of an error. A driver's error, or several joined errors, have
// many.
func oneLine(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		switch {
		case b.Len() == 0:
		case strings.HasSuffix(b.String(), ":"):
			b.WriteByte(' ')
		default:
			b.WriteString("; ")
		}
		b.WriteString(line)
	}
	return b.String()
}

func onTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// count writes a number and the noun that it counts.
func count[N int | int64](n N, singular, plural string) string {
	return number.Count(n, singular, plural)
}

func shortCommit(commit string) string { return commit[:min(len(commit), 10)] }

// safe makes text from a repository fit for a terminal: control characters are shown,
// not obeyed.
func safe(s string) string {
	return strings.Map(func(r rune) rune {
		if steers(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// safeLine is safe for a text that must stay on one line, such as a path.
func safeLine(s string) string {
	quoted := strconv.Quote(s)
	if quoted == `"`+s+`"` {
		return s
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return quoted
	}
	return safe(s)
}

func note(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
