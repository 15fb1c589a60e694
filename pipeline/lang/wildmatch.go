package lang

import (
	"bytes"
	"strings"
)

// automaton is a compiled pattern of .gitignore or .gitattributes. It accepts the same texts as git's wildmatch. Git's
// own matcher backtracks, so that a repository could exhaust it with a pattern.
type automaton struct {
	states []state
	least  int // bytes of the shortest text that may match
}

// state is one step of the automaton. The last state of an automaton accepts.
type state struct {
	op    op
	char  byte
	class *[256]bool // for opClass; never true for '/'
	skip  int        // for opDeep: the state after the slash that "**/" may omit; 0 if there is none
}

type op uint8

const (
	opChar   op = iota // the byte char
	opAny              // one byte except '/'
	opClass            // one byte of class
	opStar             // any bytes except '/'
	opDeep             // any bytes
	opAccept           // the end
)

// compileAutomaton compiles a pattern. For a malformed pattern, ok is false. As in git, no path matches it.
func compileAutomaton(pattern string) (g automaton, ok bool) {
	for i := 0; i < len(pattern); {
		switch c := pattern[i]; c {
		case '*':
			i = g.star(pattern, i)
		case '?':
			g.add(state{op: opAny})
			i++
		case '[':
			class, next, ok := parseClass(pattern, i)
			if !ok {
				return automaton{}, false
			}
			g.add(state{op: opClass, class: class})
			i = next
		case '\\':
			if i+1 == len(pattern) {
				return automaton{}, false
			}
			g.add(state{op: opChar, char: pattern[i+1]})
			i += 2
		default:
			g.add(state{op: opChar, char: c})
			i++
		}
	}
	g.add(state{op: opAccept})
	return g, true
}

func (g *automaton) add(s state) {
	g.states = append(g.states, s)
	if s.op == opChar || s.op == opAny || s.op == opClass {
		g.least++
	}
}

// star compiles the run of stars at i. Two or more stars cross slashes if they stand between slashes or ends. A slash
// after them is then optional.
func (g *automaton) star(pattern string, i int) (next int) {
	next = i
	for next < len(pattern) && pattern[next] == '*' {
		next++
	}
	opens := i == 0 || pattern[i-1] == '/'
	closes := next == len(pattern) || pattern[next] == '/' || strings.HasPrefix(pattern[next:], `\/`)
	if next-i < 2 || !opens || !closes {
		g.add(state{op: opStar})
		return next
	}
	deep := state{op: opDeep}
	if next < len(pattern) && pattern[next] == '/' {
		if n := len(g.states); n >= 2 && g.states[n-2].op == opDeep && g.states[n-2].skip == n {
			return next + 1 // another "**/" changes nothing
		}
		deep.skip = len(g.states) + 2
		g.least-- // the slash
	}
	g.add(deep)
	return next
}

// match reports whether all of text matches. Once the budget is spent, it returns false.
func (g automaton) match(text string, b *budget) bool {
	if len(text) < g.least {
		return false
	}
	var room [2][64]bool
	now, next := room[0][:], room[1][:]
	if n := len(g.states); n > len(room[0]) {
		now, next = make([]bool, n), make([]bool, n)
	} else {
		now, next = now[:n], next[:n]
	}
	g.enter(now, 0)
	for i := range len(text) {
		if !b.take(len(g.states)) {
			return false
		}
		alive := false
		for at, on := range now {
			if on && g.step(next, at, text[i]) {
				alive = true
			}
		}
		if !alive {
			return false
		}
		now, next = next, now
		clear(next)
	}
	return now[len(now)-1]
}

// step feeds one byte to the state at.
func (g automaton) step(next []bool, at int, c byte) bool {
	s := &g.states[at]
	switch s.op {
	case opStar:
		if c == '/' {
			return false
		}
		g.enter(next, at)
		return true
	case opDeep:
		// The state is set without enter. "**/" may stand for no directory only where it begins to match, and
		// not after each byte.
		next[at] = true
		g.enter(next, at+1)
		return true
	case opChar:
		if c != s.char {
			return false
		}
	case opAny:
		if c == '/' {
			return false
		}
	case opClass:
		if !s.class[c] {
			return false
		}
	case opAccept:
		return false
	}
	g.enter(next, at+1)
	return true
}

// enter activates the state at, and the states that follow it without a byte.
func (g automaton) enter(set []bool, at int) {
	for !set[at] {
		set[at] = true
		switch s := g.states[at]; s.op {
		case opStar:
			at++
		case opDeep:
			if s.skip > 0 {
				g.enter(set, s.skip)
			}
			at++
		default:
			return
		}
	}
}

// parseClass reads the bracket expression at i.
func parseClass(pattern string, i int) (class *[256]bool, next int, ok bool) {
	class = new([256]bool)
	i++
	negated := i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^')
	if negated {
		i++
	}
	var prev byte // the preceding character, which may begin a range; 0 if there is none
	for first := true; ; first = false {
		if i >= len(pattern) {
			return nil, 0, false
		}
		c := pattern[i]
		if c == ']' && !first {
			break
		}
		switch {
		case c == '\\':
			if i++; i == len(pattern) {
				return nil, 0, false
			}
			prev = pattern[i]
			class[prev] = true
		case c == '-' && prev != 0 && i+1 < len(pattern) && pattern[i+1] != ']':
			if i++; pattern[i] == '\\' {
				if i++; i == len(pattern) {
					return nil, 0, false
				}
			}
			for b := int(prev); b <= int(pattern[i]); b++ {
				class[b] = true
			}
			prev = 0
		case c == '[' && i+1 < len(pattern) && pattern[i+1] == ':':
			end := strings.IndexByte(pattern[i+2:], ']')
			if end < 0 {
				return nil, 0, false
			}
			if end == 0 || pattern[i+1+end] != ':' { // no ":]": an ordinary bracket
				prev = '['
				class[prev] = true
				break
			}
			if !addNamed(class, pattern[i+2:i+1+end]) {
				return nil, 0, false
			}
			i += 2 + end
			prev = 0
		default:
			prev = c
			class[c] = true
		}
		i++
	}
	if negated {
		for b := range class {
			class[b] = !class[b]
		}
	}
	class['/'] = false
	return class, i + 1, true
}

const (
	lower = "abcdefghijklmnopqrstuvwxyz"
	upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digit = "0123456789"
	punct = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
)

// named holds the POSIX character classes. As in git, they cover ASCII only.
var named = map[string]string{
	"alnum":  lower + upper + digit,
	"alpha":  lower + upper,
	"blank":  " \t",
	"cntrl":  string(append(byteRange(0, 31), 127)),
	"digit":  digit,
	"graph":  lower + upper + digit + punct,
	"lower":  lower,
	"print":  lower + upper + digit + punct + " ",
	"punct":  punct,
	"space":  " \t\n\r", // git leaves out \v and \f
	"upper":  upper,
	"xdigit": digit + "abcdefABCDEF",
}

func byteRange(from, to byte) []byte {
	var out bytes.Buffer
	for b := from; b <= to; b++ {
		out.WriteByte(b)
	}
	return out.Bytes()
}

func addNamed(class *[256]bool, name string) bool {
	members, ok := named[name]
	for i := range len(members) {
		class[members[i]] = true
	}
	return ok
}
