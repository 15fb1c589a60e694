package service

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// lineMatcher finds the lines that match a pattern. Its work on a text is linear in the text's
// length, because Go's regular expressions are those of RE2.
type lineMatcher struct {
	literal []byte         // text to look for; nil: re is used
	re      *regexp.Regexp // matched within one line
	sieve   *regexp.Regexp // matches at least every text without carriage returns in which re matches a line; nil: there is none
}

func newLineMatcher(pattern string, literal, ignoreCase bool) (*lineMatcher, error) {
	bad := func(reason string) error { return &Error{Kind: Invalid, Field: FieldPattern, Reason: reason} }
	switch {
	case pattern == "":
		return nil, bad("the pattern is empty: give a text or a regular expression")
	case len(pattern) > MaxPattern:
		return nil, bad(fmt.Sprintf("the pattern has %d bytes: give at most %d", len(pattern), MaxPattern))
	case strings.Contains(pattern, "\n"):
		return nil, bad("the pattern holds the end of a line, but each line is matched separately: leave it out")
	case literal && !ignoreCase:
		return &lineMatcher{literal: []byte(pattern)}, nil
	case literal:
		pattern = regexp.QuoteMeta(pattern)
	}
	flags := ""
	if ignoreCase {
		flags = "(?i)"
	}
	re, err := regexp.Compile(flags + pattern)
	if err != nil {
		return nil, bad(err.Error() + ": patterns are regular expressions of RE2; ask for a literal text to look for exactly these letters")
	}
	m := &lineMatcher{re: re}
	if parsed, err := syntax.Parse("(?m)"+flags+pattern, syntax.Perl); err == nil && !anchored(parsed) {
		m.sieve = regexp.MustCompile("(?m)" + flags + pattern)
	}
	return m, nil
}

// anchored reports whether an expression names the beginning or the end of the text. In a line
// these are different places.
func anchored(re *syntax.Regexp) bool {
	return re.Op == syntax.OpBeginText || re.Op == syntax.OpEndText || slices.ContainsFunc(re.Sub, anchored)
}

// lines finds at most most matching lines after a line.
func (m *lineMatcher) lines(text []byte, after, most int) (found []GrepLine) {
	if m.sieve != nil && bytes.IndexByte(text, '\r') < 0 && !m.sieve.Match(text) || m.literal != nil && !bytes.Contains(text, m.literal) {
		return nil
	}
	number := 0
	for line := range bytes.Lines(text) {
		if number++; number <= after {
			continue
		}
		at := m.at(bytes.TrimRight(line, "\r\n"))
		if at < 0 {
			continue
		}
		found = append(found, GrepLine{Line: number, Column: at + 1, Text: excerpt(line, at)})
		if len(found) == most {
			break
		}
	}
	return found
}

// at returns the byte of a line where the first match begins, or -1.
func (m *lineMatcher) at(line []byte) int {
	if m.literal != nil {
		return bytes.Index(line, m.literal)
	}
	if place := m.re.FindIndex(line); place != nil {
		return place[0]
	}
	return -1
}
