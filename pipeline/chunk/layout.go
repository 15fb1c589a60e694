package chunk

import (
	"bytes"
	"regexp"
	"strings"
)

// A layout says how the definitions of a language without a grammar look. Each begins on a
// line that fits a pattern, and ends where the indentation ends, or at a line of its own.
type layout struct {
	aside   []string    // beginnings of lines that belong to the next definition: comments, attributes
	long    [][2]string // marks around comments and texts of several lines; ^: at the beginning of a line
	header  lazy        // an import, or the name of the file's module in the first group
	define  []pattern   // the first that fits a line counts
	reserve string      // words between blanks that are no names
}

// pattern is a line that begins a definition, from its first letter on. The first
// group that is not empty is the name.
type pattern struct {
	kind  string
	expr  lazy
	until lazy // the line that ends it; nil: its indentation does
	open  bool // definitions in it count too, as in a type
}

// goesOn is a line at the indentation of a definition that is still its own.
var goesOn = regexp.MustCompile(`^(?:[})\]{|]|(?:end|else|elif|elseif|rescue|catch|after|finally|then|where|begin)\b)`)

const (
	maxLine = 400 // bytes of a line that patterns see
	maxOpen = 64  // definitions in each other
)

// part is a definition with the parts in it, or lines between definitions.
type part struct {
	place
	pattern
	name   string
	head   int // where its first line ends
	indent int
	inner  []*part
}

// blocks cuts a text by its layout.
func (l *layout) blocks(text []byte) []block {
	c := newCutter(text)
	c.parts(l.read(text), scope{kind: KindLines}, 0)
	return c.finish()
}

// reader finds the parts of a text line by line.
type reader struct {
	*layout
	root  part
	open  []*part // definitions that have not ended, each in the one before
	until string  // the mark that ends a long comment; "": there is none
}

func (l *layout) read(text []byte) []*part {
	r := reader{layout: l, root: part{pattern: pattern{open: true}, indent: -1}}
	for start := 0; start < len(text); {
		end := lineEnd(text, start)
		r.line(text[start:end], place{start, end})
		start = end
	}
	return r.root.inner
}

func (r *reader) line(line []byte, at place) {
	line = line[:min(len(line), maxLine)]
	bare := bytes.TrimLeft(line, " \t")
	if r.comment(line, bare) {
		return
	}
	bare = bytes.TrimRight(bare, " \t\r\n")
	if len(bare) == 0 {
		return
	}
	indent := columns(line)
	if !r.ends(bare, indent, at) && r.in().open {
		r.add(bare, indent, at)
	}
	for _, p := range r.open {
		p.end = max(p.end, at.end)
	}
}

// in is the innermost definition that has not ended.
func (r *reader) in() *part {
	if len(r.open) == 0 {
		return &r.root
	}
	return r.open[len(r.open)-1]
}

// comment says whether a line is a comment, an attribute or a part of a long text.
func (r *reader) comment(line, bare []byte) bool {
	if r.until != "" {
		if marked(line, bare, r.until) >= 0 {
			r.until = ""
		}
		return true
	}
	first := false
	for _, mark := range r.long {
		i := marked(line, bare, mark[0])
		if i < 0 || bytes.Count(bare[:i], []byte{'"'})%2 == 1 { // a mark in a string is none
			continue
		}
		if rest := bare[i+len(strings.TrimPrefix(mark[0], "^")):]; bytes.Contains(rest, []byte(strings.TrimPrefix(mark[1], "^"))) {
			first = first || i == 0 && bytes.HasSuffix(bytes.TrimSpace(rest), []byte(mark[1]))
			continue // it ends on the line
		}
		r.until = mark[1]
		first = first || i == 0
		break
	}
	for _, mark := range r.aside {
		first = first || bytes.HasPrefix(bare, []byte(mark))
	}
	return first
}

// marked returns where a mark stands in the line, counted from its first letter, or -1 if
// the line lacks it.
func marked(line, bare []byte, mark string) int {
	if mark, begins := strings.CutPrefix(mark, "^"); begins {
		if bytes.HasPrefix(line, []byte(mark)) {
			return 0
		}
		return -1
	}
	return bytes.Index(bare, []byte(mark))
}

// ends removes the definitions that end at a line, and says whether the line itself belongs
// to one of them.
func (r *reader) ends(bare []byte, indent int, at place) bool {
	for len(r.open) > 0 {
		p := r.in()
		switch {
		case p.until != nil:
			if !p.until().Match(bare) {
				return false
			}
			p.end = at.end
			r.open = r.open[:len(r.open)-1]
			return true
		case indent > p.indent:
			return false
		case indent == p.indent && goesOn.Match(bare):
			return true
		}
		r.open = r.open[:len(r.open)-1]
	}
	return false
}

// add makes a part from a line. A definition with the name of the previous one, such as the
// second clause of a function, continues that one.
func (r *reader) add(bare []byte, indent int, at place) {
	in := r.in()
	p := &part{place: at, head: at.end, indent: indent}
	if m := r.submatch(r.header, bare); m != nil && in == &r.root {
		p.kind, p.name = KindHeader, named(m)
	} else if p.pattern, p.name = r.defined(bare); p.kind == "" {
		p.kind = KindLines
	}
	var last *part
	if n := len(in.inner); n > 0 {
		last = in.inner[n-1]
	}
	if last != nil && last.kind == p.kind && last.name == p.name && (p.kind == KindLines || p.kind == KindFunction) {
		last.end = at.end
		p = last
	} else {
		in.inner = append(in.inner, p)
	}
	more := p.kind != KindHeader || bytes.Count(bare, []byte("(")) > bytes.Count(bare, []byte(")"))
	if p.kind != KindLines && more && len(r.open) < maxOpen {
		r.open = append(r.open, p)
	}
}

func (r *reader) defined(bare []byte) (pattern, string) {
	for _, p := range r.define {
		m := r.submatch(p.expr, bare)
		if m == nil {
			continue
		}
		if name := named(m); name != "" && !strings.Contains(r.reserve, " "+name+" ") {
			return p, name
		}
	}
	return pattern{}, ""
}

func (r *reader) submatch(expr lazy, bare []byte) [][]byte {
	if expr == nil {
		return nil
	}
	return expr().FindSubmatch(bare)
}

// named returns the first group of a match that is not empty.
func named(match [][]byte) string {
	for _, group := range match[1:] {
		if len(group) > 0 {
			name := tidy(string(group))
			if quote := name[0]; len(name) > 2 && (quote == '"' || quote == '\'') && name[len(name)-1] == quote {
				name = name[1 : len(name)-1]
			}
			return name
		}
	}
	return ""
}

// columns returns by how much a line is indented.
func columns(line []byte) (n int) {
	for _, b := range line {
		switch b {
		case ' ':
			n++
		case '\t':
			n += 4
		default:
			return n
		}
	}
	return n
}

// parts makes blocks from parts, as add does from the nodes of a tree.
func (c *cutter) parts(list []*part, s scope, depth int) {
	for _, p := range list {
		if p.kind == KindLines {
			c.loose(p.start, p.end, s)
			continue
		}
		kind := p.kind
		if kind == KindFunction && s.in == KindType {
			kind = KindMethod
		}
		b := block{kind: kind, path: s.path, symbol: p.name, own: p.place}
		if !p.open || p.end-p.start <= whole {
			b.adopt(p.members(join(s.path, p.name))...)
			c.begin(p.start, p.end, b)
			continue
		}
		b.opens = join(s.path, p.name)
		c.begin(p.start, p.head, b)
		c.parts(p.inner, scope{path: b.opens, kind: kind, in: kind}, depth+1)
		c.extend(p.end)
	}
}

// members are the definitions in a part.
func (p *part) members(path string) (list []name) {
	for _, in := range p.inner {
		if in.kind == KindLines || len(list) >= MaxSymbols {
			continue
		}
		list = append(list, name{path: path, symbol: in.name, place: in.place, silent: in.kind == KindVar || in.kind == KindConst})
		list = append(list, in.members(join(path, in.name))...)
	}
	return list
}
