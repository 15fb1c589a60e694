package secret

import (
	"bytes"
	"context"
	"slices"
	"unicode/utf8"
)

// Version is the version of the rules. Raise it with every change that masks any text differently. Texts that older
// rules masked are then read again.
const Version = 6

// MaxFindings bounds the secrets that a text may hold. A text with more is a list of credentials, and no part of it is
// worth the risk: see [Masked.Excess].
const MaxFindings = 1000

// Finding is a secret that was masked.
type Finding struct {
	Rule       string // the name of the rule: lower-case words joined by hyphens
	Line       int    // the line on which it begins, from 1
	Start, End int    // bytes, half open
}

// Masked is a text without its secrets.
type Masked struct {
	Text     []byte    // as long as the original; the original itself if it holds no secret
	Findings []Finding // in order; spans do not overlap
	// Excess says that there were more than MaxFindings. Text must not be used then, and Findings holds the first ones.
	Excess bool
	// Over says that the text takes more looks than its size allows (see Looks). It has too many keywords, or too much
	// to read after them. Text must not be used then.
	Over bool
}

// A matcher may look for a secret at freeLooks places of a text, and at one more place for each bytesPerLook bytes. A
// look reads bytesOfLook bytes or a little more. If a matcher reads more, each further bytesOfLook bytes count as
// another look. So the size of a text bounds the work on any machine. Programs and documents that people write have one
// keyword in some hundred bytes.
const (
	freeLooks    = 64 << 10
	bytesPerLook = 8
	bytesOfLook  = 1 << 10
)

// Looks returns how many looks a text of a size may take.
func Looks(size int) int { return freeLooks + size/bytesPerLook }

// Mask finds the secrets of a text and masks them in a copy. It fails only if ctx ends.
func Mask(ctx context.Context, text []byte) (Masked, error) {
	spans, over, err := find(ctx, text)
	if err != nil || len(spans) == 0 {
		return Masked{Text: text, Over: over}, err
	}
	m := Masked{Text: bytes.Clone(text), Over: over}
	if m.Excess = len(spans) > MaxFindings; m.Excess {
		spans = spans[:MaxFindings]
	}
	line, at := 1, 0
	for _, s := range spans {
		line += bytes.Count(text[at:s.start], newline)
		at = s.start
		m.Findings = append(m.Findings, Finding{Rule: s.rule, Line: line, Start: s.start, End: s.end})
		mask(m.Text[s.start:s.end], s.armored)
	}
	return m, nil
}

var newline = []byte("\n")

// span is a secret's place.
type span struct {
	start, end int
	rule       string
	// armored says that the secret is base64 between characters that are not secret: quotes, escapes and indentation.
	armored bool
	generic bool // found by the name to which it is assigned, not by its format
	// read is how many bytes the matcher has read, if that may be more than bytesOfLook. It is set whether there is a
	// secret or not.
	read int
}

// looksPerCheck is the number of looks after which find checks its context. They take a few milliseconds.
const looksPerCheck = 1 << 10

// find returns the spans of a text in order, up to MaxFindings+1. It joins overlapping spans into one. over says that
// the text takes more looks than Looks allows.
func find(ctx context.Context, text []byte) (spans []span, over bool, err error) {
	looks, most, check := 0, Looks(len(text)), looksPerCheck
	keywords().scan(text, func(k *keyword, at int) bool {
		if looks++; looks >= check {
			check = looks + looksPerCheck
			if err = ctx.Err(); err != nil {
				return false
			}
		}
		if over = looks > most; over {
			return false
		}
		s, ok := k.match(text, at, at+len(k.word))
		looks += s.read / bytesOfLook
		if !ok {
			return true
		}
		s.rule = k.rule
		if spans = join(spans, s); len(spans) > 4*MaxFindings {
			// A key that begins before all of these spans may still join them.
			return false
		}
		return true
	})
	if len(spans) > MaxFindings+1 {
		spans = spans[:MaxFindings+1]
	}
	return spans, over, err
}

// join adds a span to a sorted list without overlaps. Keywords come in the order of their ends, and so do most secrets.
// So the place of the span is near the end of the list.
func join(list []span, s span) []span {
	i := len(list)
	for i > 0 && list[i-1].end > s.start {
		i--
	}
	j := i
	for j < len(list) && list[j].start < s.end {
		s = union(list[j], s)
		j++
	}
	return slices.Replace(list, i, j, s)
}

// union returns a span that covers two. It takes the rule of the span that was found by its format, or else of the
// longer one.
func union(a, b span) span {
	u := a
	if a.generic && !b.generic || a.generic == b.generic && b.end-b.start > a.end-a.start {
		u = b
	}
	u.start, u.end = min(a.start, b.start), max(a.end, b.end)
	u.armored = u.armored && a.armored == b.armored || a.armored && inside(b, a) || b.armored && inside(a, b)
	return u
}

func inside(a, b span) bool { return b.start <= a.start && a.end <= b.end }

// fillers replace characters outside ASCII, by their length. A masked text keeps its length in UTF-8, in UTF-16, and in
// nearly all other encodings.
var fillers = [...]string{2: "×", 3: "※", 4: "🔒"}

// mask overwrites a secret, but keeps its line breaks.
func mask(s []byte, armored bool) {
	if armored {
		maskArmored(s)
		return
	}
	for len(s) > 0 {
		size := 1
		switch {
		case s[0] == '\n' || s[0] == '\r':
		case s[0] < utf8.RuneSelf:
			s[0] = '*'
		default:
			var r rune
			if r, size = utf8.DecodeRune(s); r == utf8.RuneError {
				size, s[0] = 1, '*'
			} else {
				copy(s, fillers[size])
			}
		}
		s = s[size:]
	}
}

// maskArmored overwrites base64, but keeps the characters after backslashes.
func maskArmored(s []byte) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case base64Class[s[i]]:
			s[i] = '*'
		}
	}
}
