package service

import (
	"strconv"
	"strings"
)

// The bounds of a diff in a request for an impact.
const (
	MaxPatch      = 1 << 20 // bytes
	maxPatchFiles = 500
	maxPatchLines = 20_000 // places of its lines
)

// patch holds a diff's changes to a file, by lines of the old file.
type patch struct {
	path  string
	gone  bool
	lines []lineRange
}

// lineRange is a line, or two lines between which lines are inserted.
type lineRange struct{ first, last int }

// readPatch parses a diff in the unified form, with any number of lines around each change. It
// leaves out new files, because nothing refers to them yet.
func readPatch(diff string) ([]patch, error) {
	if len(diff) > MaxPatch {
		return nil, badPatch("has %d bytes, of at most %d", len(diff), MaxPatch)
	}
	d := patchReader{at: make(map[string]int)}
	for line := range strings.Lines(diff) {
		if err := d.line(strings.TrimRight(line, "\r\n")); err != nil {
			return nil, err
		}
	}
	if d.files == 0 {
		return nil, badPatch("names no file")
	}
	return d.list, nil
}

// patchReader reads a diff line by line.
type patchReader struct {
	list     []patch
	at       map[string]int // places in list, by path
	files    int            // number of named files, including new ones
	count    int            // number of places
	before   string         // path of the old file; "": there is none
	current  int            // place in list of the file whose lines follow; -1: none
	line0    int            // next line of the old file
	old, new int            // remaining lines of the hunk
}

func (d *patchReader) line(line string) error {
	if d.old > 0 || d.new > 0 {
		return d.hunk(line)
	}
	switch {
	case strings.HasPrefix(line, "--- "):
		d.before, d.current = patchPath(line[4:]), -1
	case strings.HasPrefix(line, "+++ "):
		return d.file(d.before, patchPath(line[4:]) == "")
	case strings.HasPrefix(line, "rename from "):
		return d.file(unquoted(line[len("rename from "):]), true)
	case strings.HasPrefix(line, "@@ "):
		return d.head(line)
	}
	return nil
}

// file begins a file. "" is a new one.
func (d *patchReader) file(path string, gone bool) error {
	d.current = -1
	if d.files++; d.files > maxPatchFiles {
		return badPatch("names more than %d files", maxPatchFiles)
	}
	if path == "" {
		return nil
	}
	i, known := d.at[path]
	if !known {
		i = len(d.list)
		d.at[path], d.list = i, append(d.list, patch{path: path})
	}
	d.list[i].gone = d.list[i].gone || gone
	d.current = i
	return nil
}

// head parses the head of a hunk: "@@ -FIRST,LINES +FIRST,LINES @@".
func (d *patchReader) head(line string) error {
	fields := strings.Fields(line)
	if len(fields) < 3 || !strings.HasPrefix(fields[1], "-") || !strings.HasPrefix(fields[2], "+") {
		return badPatch("has a line %q", bound(line))
	}
	first, old, ok := patchRange(fields[1][1:])
	_, added, also := patchRange(fields[2][1:])
	if !ok || !also {
		return badPatch("has a line %q", bound(line))
	}
	if d.line0, d.old, d.new = first, old, added; old == 0 {
		d.line0++ // lines are inserted after this one
	}
	return nil
}

func patchRange(text string) (first, count int, ok bool) {
	one, many, ranged := strings.Cut(text, ",")
	first, err := strconv.Atoi(one)
	if err != nil || first < 0 || first > 1<<30 {
		return 0, 0, false
	}
	if !ranged {
		return first, 1, true
	}
	count, err = strconv.Atoi(many)
	return first, count, err == nil && count >= 0 && count <= 1<<30
}

// hunk reads a line of a hunk.
func (d *patchReader) hunk(line string) error {
	mark := byte(' ') // some tools remove the blank of an empty line
	if line != "" {
		mark = line[0]
	}
	switch mark {
	case ' ':
		d.line0, d.old, d.new = d.line0+1, d.old-1, d.new-1
	case '-':
		d.old--
		d.add(lineRange{d.line0, d.line0})
		d.line0++
	case '+':
		d.new--
		d.add(lineRange{d.line0 - 1, d.line0})
	case '\\': // no newline at the end of the file
	default:
		return badPatch("has a line %q in a hunk", bound(line))
	}
	if d.old < 0 || d.new < 0 {
		return badPatch("has more lines in a hunk than its head says")
	}
	if d.count > maxPatchLines {
		return badPatch("changes more than %d places", maxPatchLines)
	}
	return nil
}

func (d *patchReader) add(l lineRange) {
	if d.current < 0 {
		return
	}
	p := &d.list[d.current]
	if n := len(p.lines); n > 0 && p.lines[n-1] == l {
		return
	}
	p.lines = append(p.lines, l)
	d.count++
}

// patchPath returns the path in a line of a diff that names a file, or "" if there is none.
func patchPath(text string) string {
	if !strings.HasPrefix(text, `"`) {
		text, _, _ = strings.Cut(text, "\t") // diff writes a time after it
	}
	text = unquoted(text)
	if text == "/dev/null" {
		return ""
	}
	for _, prefix := range []string{"a/", "b/", "i/", "w/", "c/", "o/"} { // i, w, c and o with diff.mnemonicPrefix
		if path, ok := strings.CutPrefix(text, prefix); ok {
			return path
		}
	}
	return text
}

// unquoted returns a path that git has written, which is in quotes if it has bytes beyond ASCII.
func unquoted(text string) string {
	if path, err := strconv.Unquote(text); err == nil && strings.HasPrefix(text, `"`) {
		return path
	}
	return text
}

// bound shortens a text that an error shows.
func bound(text string) string { return strings.ToValidUTF8(text[:min(len(text), 80)], "?") }
