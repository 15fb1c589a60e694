// Package glob matches paths with patterns that people write: * and ? stop at a
// slash, ** between slashes does not, {a,b} and [a-z] are alternatives, and a
// backslash takes the next character as it is.
//
// A pattern may come from anyone who may search. Check refuses one whose match could take more than
// some milliseconds, so Match needs no clock and no context. The package does not decide where a
// path begins; its callers do.
package glob

import (
	"errors"
	"fmt"

	"github.com/bmatcuk/doublestar/v4"
)

// The bounds of a pattern. A pattern with alternatives stands for several patterns without them,
// and a match tries each of these. For 1 KiB of such patterns and a path of 1 KiB, that takes some
// 10 ms at most.
const (
	MaxBytes = 2 << 10 // of a pattern
	maxWork  = 8 << 10 // of the patterns without alternatives together
)

// The reasons for which Check refuses a pattern.
var (
	ErrSyntax = errors.New("not a glob")
	ErrCostly = errors.New("a glob that takes too long to match")
)

// Check returns ErrSyntax for a bracket or brace that does not end, and ErrCostly
// for a pattern over the bounds.
func Check(pattern string) error {
	if len(pattern) > MaxBytes {
		return fmt.Errorf("%w: it has %d bytes; at most %d are allowed", ErrCostly, len(pattern), MaxBytes)
	}
	if !doublestar.ValidatePattern(pattern) {
		return ErrSyntax
	}
	if n := (&measure{pattern: pattern}).sequence(false); n.bytes > maxWork {
		return fmt.Errorf("%w: its braces stand for %d or more patterns; use fewer of them", ErrCostly, n.ways)
	}
	return nil
}

// Match reports whether a pattern that Check accepts matches the whole path.
func Match(pattern, path string) bool { return doublestar.MatchUnvalidated(pattern, path) }

// Split returns the leading directories of a pattern that hold no special
// character ("." if there are none), and the rest.
func Split(pattern string) (dir, rest string) { return doublestar.SplitPattern(pattern) }

// size is the number of patterns without alternatives that a pattern stands for, and their bytes
// together.
type size struct{ ways, bytes int }

func (a size) then(b size) size {
	return size{a.ways * b.ways, a.bytes*b.ways + a.ways*b.bytes}.bounded()
}

func (a size) or(b size) size { return size{a.ways + b.ways, a.bytes + b.bytes}.bounded() }

// bounded stops numbers from growing once they are too large in any case.
func (a size) bounded() size { return size{min(a.ways, 2*maxWork), min(a.bytes, 2*maxWork)} }

// measure is a place in a pattern whose size is being found.
type measure struct {
	pattern string
	at      int
}

// sequence measures up to the end of the pattern. Inside braces it measures up to the end of the
// alternative.
func (m *measure) sequence(inside bool) size {
	all := size{ways: 1}
	for m.at < len(m.pattern) {
		begin := m.at
		switch c := m.pattern[m.at]; {
		case inside && (c == ',' || c == '}'):
			return all
		case c == '{':
			all = all.then(m.alternatives())
			continue
		case c == '\\':
			m.at++
		case c == '[':
			m.class()
		}
		m.at++
		all = all.then(size{1, m.at - begin})
	}
	return all
}

// alternatives measures the alternatives of the brace at the current place, and goes past its end.
func (m *measure) alternatives() size {
	var all size
	for ended := false; !ended && m.at < len(m.pattern); {
		m.at++
		all = all.or(m.sequence(true))
		ended = m.at < len(m.pattern) && m.pattern[m.at] == '}'
	}
	m.at++
	return all
}

// class goes to the end of a class of characters, where a brace has no meaning.
func (m *measure) class() {
	for m.at++; m.at < len(m.pattern) && m.pattern[m.at] != ']'; m.at++ {
		if m.pattern[m.at] == '\\' {
			m.at++
		}
	}
}
