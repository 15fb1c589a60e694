package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"
)

// printJSON prints the one document of a command that was asked for JSON.
func printJSON(v any) error {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
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
