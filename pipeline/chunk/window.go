package chunk

import (
	"bytes"
	"unicode/utf8"
)

// sizes are sizes of windows, in bytes.
type sizes struct {
	target int // the size that they aim at
	slack  int // a rest no larger than this joins the window before it
	most   int // a line that is longer is parted
}

var chunkSizes = sizes{target: Target, slack: slack, most: Max}

// leastParts is the least number of bytes that Parts makes parts of.
const leastParts = 32

// Parts cuts a text into windows of at most most bytes, as Cut does with text that it
// cannot parse. It serves callers that cannot take a whole chunk at once. Together the
// windows are the text. most is 32 or more.
func Parts(text string, most int) []string {
	most = max(most, leastParts)
	s := sizes{target: most - most/5, slack: most / 5, most: most}
	var parts []string
	for rest := []byte(text); len(rest) > 0; {
		n := s.window(rest)
		parts = append(parts, string(rest[:n]))
		rest = rest[n:]
	}
	return parts
}

// window returns the length of the first window of text: lines up to the target,
// which end where the text seems to pause, or part of a line that is too long.
func (s sizes) window(text []byte) int {
	if len(text) <= s.target+s.slack {
		return len(text)
	}
	near := text[:min(len(text), s.most+utf8.UTFMax)] // a window never looks further
	end := lineEnd(near, 0)
	if end > s.most {
		return s.part(near)
	}
	best, lowest := end, worst
	for begin := 0; end <= s.target; {
		if cost := pause(text[begin:end], text[end:]); end < s.target/2 || cost <= lowest {
			best = end
			if end >= s.target/2 {
				lowest = cost
			}
		}
		begin, end = end, lineEnd(near, end)
	}
	return best
}

// lineEnd returns where the line that begins at start ends, its newline
// included.
func lineEnd(text []byte, start int) int {
	if i := bytes.IndexByte(text[start:], '\n'); i >= 0 {
		return start + i + 1
	}
	return len(text)
}

const (
	notBlank = 1 << 8 // added where no blank line stands before the cut
	closing  = 1 << 7 // added where a closing bracket stands after it
	deepest  = 1<<7 - 1
	worst    = 1 << 9
)

// pause rates a cut between two lines; lower is better. A cut is better after a blank line,
// better if no closing bracket follows, and better at a shallow indentation, where
// statements, items and declarations of most languages begin.
func pause(before, after []byte) int {
	cost := 0
	if !isBlank(before) {
		cost = notBlank
	}
	indent := 0
	for _, c := range after {
		switch c {
		case ' ':
			indent++
		case '\t':
			indent += 4
		case '\r', '\n':
			return worst // before a blank line: after it is better
		case '}', ')', ']':
			return cost + closing + min(indent, deepest)
		default:
			return cost + min(indent, deepest)
		}
		if indent >= deepest {
			break
		}
	}
	return cost + deepest
}

func isBlank(line []byte) bool { return len(bytes.TrimSpace(line)) == 0 }

// part returns where to cut a line that is too long: after a blank near the
// target, or else between two characters.
func (s sizes) part(line []byte) int {
	near := line[s.target-s.slack : s.target]
	if i := bytes.LastIndexAny(near, " \t"); i >= 0 {
		return s.target - s.slack + i + 1
	}
	return runeStart(line, s.target)
}

// runeStart returns the beginning of the UTF-8 sequence that holds the byte at i, or i if
// the bytes are not UTF-8.
func runeStart(text []byte, i int) int {
	for at := i; at >= 0 && at > i-utf8.UTFMax; at-- {
		if utf8.RuneStart(text[at]) {
			if _, size := utf8.DecodeRune(text[at:]); at+size > i {
				return at
			}
			break
		}
	}
	return i
}
