package fact

import (
	"bytes"
	"encoding/binary"
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
	text        []byte
	form        encoder
	lines       []int // where lines begin
	ownLines    []int // lines that are kept for the next text
	last        int   // the line that was asked for last, from 0
	path        []string
	in          []int // indexes of the definitions around; -1: one that was left out
	packageName string
	definitions []definition
	references  []reference
	modules     []Import
	cut         bool
}

// definition is a Definition of words.
type definition struct {
	name, qualified, signature, doc, typ word
	kind                                 Kind
	visibility                           Visibility
	start, end, startLine, endLine, line int32
	bases                                []word
}

// reference is a Reference of words.
type reference struct {
	name, receiver    word
	start, size, line int32
	within            int32
	role              Role
}

// collectors are kept for later texts, because a small text would otherwise spend most of its
// time on new memory. Everything that leaves a collector is a copy.
var collectors = sync.Pool{New: func() any {
	return &collector{scopes: scopes{vocabulary: newVocabulary()}}
}}

// newCollector begins the collection of a text. lines are the places where its lines begin, or
// nil if they are not known.
func newCollector(text []byte, lines []int) *collector {
	c := collectors.Get().(*collector)
	c.text = text
	if lines != nil {
		c.lines = lines
		return c
	}
	c.lines = append(c.ownLines[:0], 0)
	for at := 0; ; {
		next := bytes.IndexByte(text[at:], '\n')
		if next < 0 {
			c.ownLines = c.lines
			return c
		}
		at += next + 1
		c.lines = append(c.lines, at)
	}
}

// maxPooled bounds the references or words that a collector may have held to be kept: a large
// one costs more to clean than a new one.
const maxPooled = 1 << 13

// release keeps the collector for a later text. Nothing of it may be used any more.
func (c *collector) release() {
	if len(c.references) > maxPooled || len(c.entries) > maxPooled || len(c.lines) > 8*maxPooled {
		return
	}
	c.clear()
	clear(c.definitions)
	clear(c.modules)
	*c = collector{
		scopes: scopes{vocabulary: c.vocabulary, bound: c.bound[:0]}, form: encoder{out: c.form.out[:0]}, ownLines: c.ownLines[:0],
		path: c.path[:0], in: c.in[:0], definitions: c.definitions[:0], references: c.references[:0], modules: c.modules[:0],
	}
	collectors.Put(c)
}

// encoded ends the collection, and returns the form of its set.
func (c *collector) encoded() []byte {
	c.finish()
	c.form.set(c)
	form := bytes.Clone(c.form.out)
	c.release()
	return form
}

// line returns the line of a place. Most places are in the line of the previous place, or in
// the next one.
func (c *collector) line(at int) int32 {
	for n := c.last; n <= c.last+1 && n < len(c.lines); n++ {
		if c.lines[n] <= at && (n+1 == len(c.lines) || at < c.lines[n+1]) {
			c.last = n
			return int32(n + 1)
		}
	}
	from, to := 0, len(c.lines)
	if c.lines[c.last] <= at { // nearly always the end of what began there
		from = c.last
		for step := 2; from+step < to; step *= 2 {
			if c.lines[from+step] > at {
				to = from + step
				break
			}
			from += step
		}
	}
	n := from + sort.SearchInts(c.lines[from:to], at+1)
	c.last = n - 1
	return int32(n)
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
func (c *collector) define(d definition, nameAt int) int {
	name := c.vocabulary.text(d.name)
	if name == "" || name == "_" {
		return -1
	}
	switch len(c.path) {
	case 0:
		d.qualified = d.name
	case 1:
		c.buffer = append(append(append(c.buffer[:0], c.path[0]...), '.'), name...)
		d.qualified = c.bytes(c.buffer)
	default:
		d.qualified = c.word(strings.Join(c.path, ".") + "." + name)
	}
	return c.defineAs(d, nameAt)
}

// defineAs adds a definition whose qualified name is known.
func (c *collector) defineAs(d definition, nameAt int) int {
	if len(c.definitions) >= MaxDefinitions {
		c.cut = true
		return -1
	}
	if !sound(c.vocabulary.text(d.name)) || !sound(c.vocabulary.text(d.qualified)) {
		return -1
	}
	if d.visibility == 0 {
		d.visibility = Public
	}
	d.startLine, d.endLine, d.line = c.line(int(d.start)), c.line(int(max(d.start, d.end-1))), c.line(nameAt)
	d.line = max(d.line, d.startLine)
	if d.typ == unknownWord || !c.has(d.typ, markFits) {
		d.typ = noWord
	}
	d.bases = slices.DeleteFunc(d.bases, func(b word) bool { return b == noWord || !c.has(b, markFits) })
	d.bases = d.bases[:min(len(d.bases), maxBases)]
	c.definitions = append(c.definitions, d)
	return len(c.definitions) - 1
}

// refer adds a reference to a name at a place.
func (c *collector) refer(name, receiver word, role Role, start int) {
	if !c.has(name, markName) {
		return
	}
	if len(c.references) >= MaxReferences {
		c.cut = true
		return
	}
	if !c.has(receiver, markFits) {
		receiver = unknownWord
	}
	c.references = append(c.references, reference{
		name: name, receiver: receiver, role: role, start: int32(start), size: int32(len(c.vocabulary.text(name))),
		within: int32(c.within()),
	})
}

func (c *collector) imports(i Import, at int) {
	if len(c.modules) >= MaxImports {
		c.cut = true
		return
	}
	if i.Module == "" || len(i.Module) > MaxName || len(i.Name) > MaxName || len(i.Local) > MaxName || !utf8.ValidString(i.Module+i.Name+i.Local) {
		return
	}
	i.Line = int(c.line(at))
	if i.Name == "" && i.Local != "" { // its name is no reference by itself, but a member that is taken from it is
		local, _, _ := strings.Cut(i.Local, ".")
		c.mark(c.word(local), markModule)
	}
	c.modules = append(c.modules, i)
}

// finish puts references in the order of the text, and notes their lines.
func (c *collector) finish() {
	c.sort()
	line := 1
	for i := range c.references {
		r := &c.references[i]
		for line < len(c.lines) && c.lines[line] <= int(r.start) {
			line++
		}
		r.line = int32(line)
	}
}

// sort puts references in the order of the text. They nearly have it, but a value comes before
// the name that it is assigned to.
func (c *collector) sort() {
	all := c.references
	moves := 8 * len(all)
	for i := 1; i < len(all); i++ {
		if all[i-1].start <= all[i].start {
			continue
		}
		if moves -= i; moves < 0 {
			slices.SortStableFunc(all, func(a, b reference) int { return int(a.start - b.start) })
			return
		}
		r, to := all[i], i
		for to > 0 && all[to-1].start > r.start {
			to--
		}
		moves += to
		copy(all[to+1:i+1], all[to:i])
		all[to] = r
	}
}

// sound says whether a name can be stored.
func sound(name string) bool {
	return name != "" && len(name) <= MaxName && storable(name)
}

// storable says whether a text is UTF-8 on one line, without a zero byte.
func storable(text string) bool {
	const low, high = 0x2020202020202020, 0x8080808080808080
	at := 0
	for ; at+8 <= len(text); at += 8 { // printable ASCII, as nearly all is
		if eight := binary.LittleEndian.Uint64([]byte(text[at:])); (eight-low|eight)&high != 0 {
			break
		}
	}
	for i := at; i < len(text); i++ {
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
