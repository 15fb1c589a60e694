package lang

import (
	"bytes"
	"path"
	"regexp"
)

// minifiedNames matches the conventional endings of minified files.
var minifiedNames = regexp.MustCompile(`(?i)[.-]min\.(js|mjs|cjs|css)$`)

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
		return measure(sample).dense()
	}
	return false
}

// density describes how densely a script is written, apart from its strings and comments.
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
	var open [256]bool // openings without an end: on this line, and of a template in the whole text
	finish := func() {
		if line > 0 {
			d.lines++
		}
		if line > minifiedLine {
			d.long++
		}
		d.code += line
		line = 0
		open = [256]bool{'`': open['`']}
	}
	for i := 0; i < len(text); {
		c := text[i]
		length := 0
		if !open[c] {
			length = aside(text[i:], i > 0 && text[i-1] == ':')
		}
		switch {
		case length < 0:
			open[c] = true
		case length > 0:
			if c != '/' {
				line += 2
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
		}
		i++
	}
	finish()
	return d
}

// aside returns the length of the string, comment or address at the beginning of text. It returns 0 if there is none,
// and -1 if it has no end. Slashes after a colon belong to a URL.
func aside(text []byte, afterColon bool) int {
	switch c := text[0]; {
	case c == '"' || c == '\'' || c == '`':
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
