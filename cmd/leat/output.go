package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/term"
)

// answer is what a command prints on standard output.
type answer struct{ given bool }

// json prints the one document of a command that was asked for JSON.
func (a *answer) json(v any) error {
	a.given = true
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("print the answer: %w", err)
	}
	return nil
}

// screen is standard error as the log writes it: above the progress bars,
// while there are any.
type screen struct{ above atomic.Pointer[io.Writer] }

func (s *screen) Write(p []byte) (int, error) {
	if above := s.above.Load(); above != nil {
		return (*above).Write(p)
	}
	return os.Stderr.Write(p)
}

func (s *screen) show(above io.Writer) { s.above.Store(&above) }

func (s *screen) clear() { s.above.Store(nil) }

// oneLine joins the lines of an error that a driver, or several errors, made.
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

// count writes a number with its thousands apart, and what it counts.
func count[N int | int64](n N, singular, plural string) string {
	if n == 1 {
		return "1 " + singular
	}
	return thousands(int64(n)) + " " + plural
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// shortRef is a ref's name as people use it.
func shortRef(ref string) string {
	for _, prefix := range []string{"refs/heads/", "refs/tags/"} {
		if short, found := strings.CutPrefix(ref, prefix); found {
			return short
		}
	}
	return ref
}

// fullRefs are the names that a ref as people use it may stand for.
func fullRefs(ref string) []string {
	if ref == "HEAD" || strings.HasPrefix(ref, "refs/") {
		return []string{ref}
	}
	return []string{"refs/heads/" + ref, "refs/tags/" + ref}
}

func shortCommit(commit string) string { return commit[:min(len(commit), 10)] }

// safe makes what a repository holds fit for a terminal: control characters
// are shown, not obeyed.
func safe(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0)) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// safeLine is safe for what must stay on one line, such as a path.
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
