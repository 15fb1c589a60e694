package fact

import (
	"bytes"
	"slices"
	"sort"
	"strings"
	"sync"
	"unicode/utf8"
)

// maxBases is how many bases of a type are kept.
const maxBases = 32

// collector gathers a set within its bounds.
type collector struct {
	scopes
	set   *Set
	text  []byte
	all   string // the text: parts of it take no memory of their own
	form  encoder
	lines []int // where lines begin
	last  int   // the line that was asked for last, from 0
	path  []string
	in    []int           // indexes of the definitions around; -1: one that was left out
	seen  map[string]bool // qualified names of variables and fields
	// modules that are imported, by their names here. The name of a module is no reference
	// by itself, but a member that is taken from it is.
	modules map[string]bool
}

// collectors are kept for later texts, because a small text would otherwise spend most of its
// time on new memory. Everything that leaves a collector is a copy.
var collectors = sync.Pool{New: func() any {
	return &collector{
		scopes: scopes{places: make(map[string]int)}, set: &Set{}, seen: make(map[string]bool), modules: make(map[string]bool),
		form: encoder{known: make(map[string]int)},
	}
}}

func newCollector(text []byte) *collector {
	c := collectors.Get().(*collector)
	c.text, c.all = text, string(text)
	c.lines = append(c.lines, 0)
	for at := 0; ; {
		next := bytes.IndexByte(text[at:], '\n')
		if next < 0 {
			return c
		}
		at += next + 1
		c.lines = append(c.lines, at)
	}
}

// maxPooled bounds the references or names that a collector may have held to be kept: a large
// one costs more to clean than a new one.
const maxPooled = 1 << 13

// release keeps the collector for a later text. Nothing of it may be used any more.
func (c *collector) release() {
	if len(c.set.References) > maxPooled || len(c.form.known) > maxPooled || len(c.places) > maxPooled || len(c.lines) > 8*maxPooled {
		return
	}
	c.clearScopes()
	clear(c.set.Definitions)
	clear(c.set.References)
	clear(c.set.Imports)
	*c.set = Set{Definitions: c.set.Definitions[:0], References: c.set.References[:0], Imports: c.set.Imports[:0]}
	clear(c.seen)
	clear(c.modules)
	clear(c.form.known)
	*c = collector{scopes: c.scopes, set: c.set, lines: c.lines[:0], path: c.path[:0], in: c.in[:0], seen: c.seen, modules: c.modules,
		form: encoder{known: c.form.known, out: c.form.out[:0]}}
	collectors.Put(c)
}

// encoded ends the collection, and returns the form of its set.
func (c *collector) encoded() []byte {
	c.form.set(c.finish())
	form := bytes.Clone(c.form.out)
	c.release()
	return form
}

// line returns the line of a place. Most places are in the line of the previous place, or in
// the next one.
func (c *collector) line(at int) int {
	for n := c.last; n <= c.last+1 && n < len(c.lines); n++ {
		if c.lines[n] <= at && (n+1 == len(c.lines) || at < c.lines[n+1]) {
			c.last = n
			return n + 1
		}
	}
	n := sort.SearchInts(c.lines, at+1)
	c.last = n - 1
	return n
}

func (c *collector) within() int {
	for i := len(c.in) - 1; i >= 0; i-- {
		if c.in[i] >= 0 {
			return c.in[i]
		}
	}
	return -1
}

// define adds a definition inside the entered ones, with its name at a place. It returns the
// index, or -1 if the definition was left out.
func (c *collector) define(d Definition, nameAt int) int {
	if d.Name == "" || d.Name == "_" {
		return -1
	}
	switch len(c.path) {
	case 0:
		d.Qualified = d.Name
	case 1:
		d.Qualified = c.path[0] + "." + d.Name
	default:
		d.Qualified = strings.Join(c.path, ".") + "." + d.Name
	}
	return c.defineAs(d, nameAt)
}

// defineAs adds a definition whose qualified name is known.
func (c *collector) defineAs(d Definition, nameAt int) int {
	if len(c.set.Definitions) >= MaxDefinitions {
		c.set.Cut = true
		return -1
	}
	if !sound(d.Name) || !sound(d.Qualified) {
		return -1
	}
	if d.Visibility == 0 {
		d.Visibility = Public
	}
	d.StartLine, d.EndLine, d.Line = c.line(d.Start), c.line(max(d.Start, d.End-1)), c.line(nameAt)
	d.Line = max(d.Line, d.StartLine)
	d.Signature, d.Doc = shorten(d.Signature, MaxSignature), shorten(d.Doc, MaxSentence)
	if d.Type = bounded(d.Type); d.Type == unknown {
		d.Type = ""
	}
	d.Bases = slices.DeleteFunc(d.Bases, func(b string) bool { return bounded(b) == "" })
	d.Bases = d.Bases[:min(len(d.Bases), maxBases)]
	c.set.Definitions = append(c.set.Definitions, d)
	return len(c.set.Definitions) - 1
}

// refer adds a reference to a name at a place.
func (c *collector) refer(name, receiver string, role Role, start int) {
	if !sound(name) || name == "_" {
		return
	}
	if len(c.set.References) >= MaxReferences {
		c.set.Cut = true
		return
	}
	if receiver != "" && bounded(receiver) == "" {
		receiver = unknown
	}
	c.set.References = append(c.set.References, Reference{
		Name: name, Receiver: receiver, Role: role, Start: start, End: start + len(name), Line: c.line(start), Within: c.within(),
	})
}

func (c *collector) imports(i Import, at int) {
	if len(c.set.Imports) >= MaxImports {
		c.set.Cut = true
		return
	}
	if i.Module == "" || len(i.Module) > MaxName || len(i.Name) > MaxName || len(i.Local) > MaxName || !utf8.ValidString(i.Module+i.Name+i.Local) {
		return
	}
	i.Line = c.line(at)
	if i.Name == "" && i.Local != "" {
		local, _, _ := strings.Cut(i.Local, ".")
		c.modules[local] = true
	}
	c.set.Imports = append(c.set.Imports, i)
}

// finish puts references in the order of the text.
func (c *collector) finish() *Set {
	inOrder := func(a, b Reference) int { return a.Start - b.Start }
	if !slices.IsSortedFunc(c.set.References, inOrder) {
		slices.SortStableFunc(c.set.References, inOrder)
	}
	return c.set
}

// sound says whether a name can be stored.
func sound(name string) bool {
	return name != "" && len(name) <= MaxName && storable(name)
}

// storable says whether a text is UTF-8 on one line, without a zero byte.
func storable(text string) bool {
	for i := range len(text) {
		switch b := text[i]; {
		case b == 0 || b == '\n':
			return false
		case b >= utf8.RuneSelf:
			return utf8.ValidString(text[i:]) && !strings.ContainsAny(text[i:], "\x00\n")
		}
	}
	return true
}

const unknown = "?"

// bounded returns an expression, or nothing if it is too long or cannot be stored.
func bounded(expression string) string {
	if len(expression) > MaxExpression || !storable(expression) {
		return ""
	}
	return expression
}

// shorten makes one line from a text, cut to a number of bytes of UTF-8.
func shorten(text string, most int) string {
	if len(text) <= most && isLine(text) {
		return text
	}
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")
	text = oneLine(text)
	if len(text) <= most {
		return text
	}
	const more = "…"
	cut := most - len(more)
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + more
}

// isLine says whether a text is printable ASCII with single blanks between its words.
func isLine(text string) bool {
	blank := true // the byte before, or the beginning
	for i := range len(text) {
		b := text[i]
		if b > '~' || b < ' ' || b == ' ' && blank {
			return false
		}
		blank = b == ' '
	}
	return !blank || text == ""
}

// oneLine replaces each run of white space within a text by one blank, and removes white space
// around it.
func oneLine(text string) string {
	if isLine(text) {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := range len(text) {
		switch b := text[i]; {
		case b >= utf8.RuneSelf:
			return strings.Join(strings.Fields(text), " ")
		case b == ' ' || b >= '\t' && b <= '\r':
			if len(out) > 0 && out[len(out)-1] != ' ' {
				out = append(out, ' ')
			}
		default:
			out = append(out, b)
		}
	}
	return string(bytes.TrimSuffix(out, []byte(" ")))
}

// sentence returns the first sentence of a documentation.
func sentence(doc string) string {
	doc = strings.TrimSpace(doc)
	if i := strings.Index(doc, "\n\n"); i >= 0 {
		doc = doc[:i]
	}
	doc = oneLine(doc[:min(len(doc), 4*MaxSentence)])
	for at := 0; ; {
		i := strings.IndexAny(doc[at:], ".!?")
		if i < 0 {
			return doc
		}
		at += i + 1
		if at == len(doc) || doc[at] == ' ' && !strings.HasSuffix(doc[:at], "e.g.") && !strings.HasSuffix(doc[:at], "i.e.") {
			return doc[:at]
		}
	}
}

// step adds a step to an expression.
func step(expression, more string) string {
	if expression == "" || expression == unknown {
		return unknown
	}
	if more == "[]" {
		if element, ok := strings.CutPrefix(expression, "[]"); ok {
			return element
		}
	} else if strings.HasPrefix(expression, "[]") {
		return unknown // a list has no members that a text defines
	}
	if len(expression)+len(more) > MaxExpression {
		return unknown
	}
	return expression + more
}

// member adds the step to a member to an expression.
func member(expression, name string) string {
	if expression == "" || expression == unknown || strings.HasPrefix(expression, "[]") || len(expression)+1+len(name) > MaxExpression {
		return unknown
	}
	return expression + "." + name
}
