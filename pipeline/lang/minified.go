package lang

import (
	"bytes"
	"path"
	"regexp"
)

// minifiedNames are the conventional endings of minified files.
var minifiedNames = regexp.MustCompile(`(?i)[.-]min\.(js|mjs|cjs|css)$`)

const (
	minifiedLine  = 110 // bytes of a line, on average, from which linguist takes a script to be minified
	minifiedLeast = 400 // bytes of code below which nothing can be told
)

// isMinified says whether a script or style sheet was made small: by its path
// alone if sample is nil.
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

// density is how a script is written, its strings and comments left aside.
type density struct {
	code        int // bytes
	lines, long int // lines that hold code, and those of them that are long
	marks       int // marks after which people write a blank
	spaced      int // marks that have one
}

// dense says that a program removed the blanks: lines are long, and no blank
// follows a mark. A readable file of long lines has blanks, and so has one with a
// single long line.
func (d density) dense() bool {
	return d.code >= minifiedLeast && d.code > minifiedLine*d.lines && 4*d.long >= d.lines && 4*d.spaced < d.marks
}

// measure reads a script once.
func measure(text []byte) density {
	var d density
	line := 0          // bytes of code on this line
	var open [256]bool // openings that nothing closes: on this line, and of a template in the whole text
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
		switch {
		case c == '\n':
			finish()
		case c == ' ' || c == '\t' || c == '\r':
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

// aside returns the length of the string, comment or address that text begins
// with: 0 if it begins with none, -1 if nothing closes it. Slashes after a colon
// are of a URL.
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

// stringLength returns the length of a string with its quotes; -1 if nothing
// ends it. Only a template runs over lines.
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
