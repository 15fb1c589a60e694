package lang

import (
	"bytes"
	"path"
	"regexp"
)

// The patterns match the conventional endings of minified files. A name with a hyphen may also be the name of a
// function, so only long lines make such a file minified.
var (
	minifiedNames = regexp.MustCompile(`(?i)\.min\.(js|mjs|cjs|css)$`)
	maybeMinified = regexp.MustCompile(`(?i)-min\.(js|mjs|cjs|css)$`)
)

const (
	minifiedLine  = 110 // average bytes of a line above which linguist takes a script for minified
	minifiedLeast = 400 // bytes of code below which no verdict is possible
)

// isMinified reports whether a script or style sheet was made small. If sample is nil, it judges by the path alone.
func isMinified(name string, sample []byte) bool {
	if minifiedNames.MatchString(name) {
		return true
	}
	switch path.Ext(name) {
	case ".js", ".mjs", ".cjs", ".css":
		d := measure(sample)
		return d.dense() || maybeMinified.MatchString(name) && d.code > minifiedLine*d.lines
	}
	return false
}

// density describes how densely a script is written, apart from its strings, its comments, and its lists of numbers
// and strings, which are data.
type density struct {
	code        int // bytes
	lines, long int // lines with code, and the long ones among them
	marks       int // marks that people follow with a blank
	spaced      int // marks that a blank follows
}

// dense reports whether a program removed the blanks: lines are long, and a blank follows fewer than a quarter of the
// marks. A readable file with long lines, or with a single long line, has blanks.
func (d density) dense() bool {
	return d.code >= minifiedLeast && d.code > minifiedLine*d.lines && 4*d.long >= d.lines && 4*d.spaced < d.marks
}

// measure reads a script once, and counts.
func measure(text []byte) density {
	var d density
	line := 0          // bytes of code on this line
	var before byte    // the last byte of code on this line that is no blank; 0: none
	var open [256]bool // openings without an end: on this line, and of a template in the whole text
	finish := func() {
		if line > 0 {
			d.lines++
		}
		if line > minifiedLine {
			d.long++
		}
		d.code += line
		line, before = 0, 0
		open = [256]bool{'`': open['`']}
	}
	for i := 0; i < len(text); {
		c := text[i]
		length := 0
		if !open[c] {
			length = aside(text[i:], before, i > 0 && text[i-1] == ':')
		}
		if length >= 0 && (length > 0 && isQuote(c) || isDigit(c) && !inName(before)) {
			length = listLength(text[i:], &open)
		}
		switch {
		case length < 0:
			open[c] = true
		case length > 0:
			if !isComment(text[i:]) {
				line += 2
				before = '"'
			}
			i += length
			continue
		}
		switch c {
		case '\n':
			finish()
		case ' ', '\t', '\r':
			if line > 0 {
				line++
			}
		default:
			if bytes.IndexByte([]byte(",;{=:"), c) >= 0 && i+1 < len(text) {
				d.marks++
				if bytes.IndexByte([]byte(" \t\r\n"), text[i+1]) >= 0 {
					d.spaced++
				}
			}
			line++
			before = c
		}
		i++
	}
	finish()
	return d
}

// listLength returns the length of the list of strings and numbers at the beginning of text, with the marks between
// them. It returns 0 for a number alone. open tells the quotes that have no end.
func listLength(text []byte, open *[256]bool) (length int) {
	for at := 0; ; {
		n := valueLength(text[at:], open)
		if n == 0 {
			return length
		}
		at += n
		next := at
		for next < len(text) && bytes.IndexByte([]byte("[]{},:"), text[next]) >= 0 {
			next++
		}
		if length == 0 && next == at && !isQuote(text[0]) {
			return 0
		}
		length, at = at, next
		if next == length {
			return length
		}
	}
}

// valueLength returns the length of the string or number at the beginning of text, or 0.
func valueLength(text []byte, open *[256]bool) int {
	if len(text) > 0 && isQuote(text[0]) {
		if open[text[0]] {
			return 0
		}
		return max(0, stringLength(text, text[0]))
	}
	at := 0
	for at < len(text) && bytes.IndexByte([]byte("+-."), text[at]) >= 0 {
		at++
	}
	if at == len(text) || !isDigit(text[at]) {
		return 0
	}
	for at < len(text) && (inName(text[at]) || text[at] == '.') {
		at++
	}
	return at
}

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// inName reports whether a byte can be part of a name or a number.
func inName(c byte) bool {
	return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == '$' || c >= 0x80
}

func isComment(text []byte) bool {
	return bytes.HasPrefix(text, []byte("//")) || bytes.HasPrefix(text, []byte("/*"))
}

// aside returns the length of the string, comment, regular expression or address at the beginning of text. It returns 0
// if there is none, and -1 if it has no end. A regular expression stands where a value begins; before, the last byte of
// code, tells that. Slashes after a colon belong to a URL.
func aside(text []byte, before byte, afterColon bool) int {
	switch c := text[0]; {
	case isQuote(c):
		return stringLength(text, c)
	case bytes.HasPrefix(text, []byte("/*")):
		if end := bytes.Index(text[2:], []byte("*/")); end >= 0 {
			return end + len("/**/")
		}
		return len(text)
	case bytes.HasPrefix(text, []byte("//")) && !afterColon:
		if end := bytes.IndexByte(text, '\n'); end >= 0 {
			return end
		}
		return len(text)
	case c == '/' && !isComment(text) && (before == 0 || bytes.IndexByte([]byte("=(,:[!&|?{};"), before) >= 0):
		return expressionLength(text)
	case bytes.HasPrefix(text, []byte("url(")):
		if end := bytes.IndexAny(text, ")\n"); end >= 0 && text[end] == ')' {
			return end + 1
		}
		return -1
	}
	return 0
}

// stringLength returns the length of a string with its quotes, or -1 if it has no end. Only a template may span lines.
func stringLength(text []byte, quote byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		case '\n':
			if quote != '`' {
				return -1
			}
		}
	}
	return -1
}

// expressionLength returns the length of a regular expression with its slashes, or -1 if
// it has no end on its line.
func expressionLength(text []byte) int {
	class := false // between brackets
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\n':
			return -1
		case c == '\\':
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			return i + 1
		}
	}
	return -1
}
