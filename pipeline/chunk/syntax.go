package chunk

import (
	"bytes"
	"cmp"
	"context"
	"strings"

	"github.com/leatworks/leat/pipeline/chunk/internal/tree"
	"github.com/leatworks/leat/pipeline/fact"
)

const (
	maxDepth = 200 // how deep definitions are looked for, in nodes of the tree
	maxWraps = 8   // nodes around a definition
)

// syntaxBlocks cuts a program by the definitions of its syntax tree. It returns nil if
// there is no tree, as after the end of ctx. An error in the text is a node of the tree
// like others.
func syntaxBlocks(ctx context.Context, language string, text []byte, facts *[]byte) []block {
	if rules[language] == nil || nests(text) {
		return nil
	}
	t, _ := tree.Parse(ctx, language, text)
	if t == nil {
		return nil
	}
	defer t.Close()
	kinds := kindsOf(language)
	list := t.List(kinds.keep)
	if list == nil {
		return nil
	}
	defer list.Close()
	if facts != nil && fact.Extracts(language) {
		if flat := list.Facts(); flat != nil {
			*facts = fact.OfTree(language, flat, text)
		}
	}
	c := newCutter(text)
	c.list, c.kinds, c.budget = list, kinds, leastNodes+len(text)*nodesAByte
	if len(list.Nodes) > 0 {
		c.visit(0, scope{kind: KindLines}, 0)
	}
	if c.budget < 0 {
		return nil
	}
	return c.finish()
}

// cutter makes blocks from a tree, in the order of the text.
type cutter struct {
	text   []byte
	list   *tree.List
	kinds  *kinds
	blocks []block
	next   follower
	lines  lines
	budget int // nodes that may still be looked at; below zero: too many were
}

func newCutter(text []byte) cutter {
	return cutter{text: text, next: follower{text: text}, lines: lines{text: text}}
}

// The number of nodes of a tree that may be looked at, some of them more than once: a
// fixed number, and so many more for each byte. Programs that people write take up to
// one a byte.
const (
	leastNodes = 1 << 16
	nodesAByte = 8
)

// children returns the number of the first node right below a node, and of the first that is
// not below it. It returns no node once too many were looked at.
func (c *cutter) children(at int) (first, end int) {
	first, end = at+1, int(c.list.Nodes[at].Next)
	if c.budget < 0 {
		return first, first
	}
	c.budget--
	for n := first; n < end; n = c.after(n) {
		c.budget--
	}
	return first, end
}

// after returns the number of the node after one and all below it.
func (c *cutter) after(at int) int { return int(c.list.Nodes[at].Next) }

// place returns the place of a node in the text.
func (c *cutter) place(at int) place {
	n := &c.list.Nodes[at]
	return place{int(n.Start), int(n.End)}
}

// rule returns the rule of a node's kind.
func (c *cutter) rule(at int) *rule { return c.kinds.rule(c.list.Nodes[at].Kind) }

// scope is the surrounding of nodes.
type scope struct {
	path string // the names that lead to it
	kind string // kind of the parts in it that define nothing
	in   string // the kind of the innermost definition
}

// inside returns the scope of names inside a definition that get no block of their own.
func (s scope) inside() scope {
	switch s.in {
	case KindMethod:
		s.in = KindFunction
	case KindFunction, KindType:
	default:
		s.in = ""
	}
	return s
}

// definition is the definition that a node makes.
type definition struct {
	rule
	name string
	node int // the number of the node itself, or of the one that it wraps
}

// visit makes blocks from the nodes below n.
func (c *cutter) visit(n int, s scope, depth int) {
	child, last := c.children(n)
	for ; child < last; child = c.after(child) {
		r, at := c.rule(child), c.place(child)
		if r.aside {
			continue // belongs to what follows
		}
		if d, ok := c.define(child, s, maxWraps); ok {
			c.add(child, d, s, depth)
			continue
		}
		if depth < maxDepth && (*r == through || r == &failed || at.size() > whole) {
			c.visit(child, s, depth+1)
			c.extend(at.end)
			continue
		}
		c.loose(at.start, at.end, s, c.within(child, scope{path: s.path, in: s.in}, depth)...)
	}
}

// within names definitions in a node that get no block of their own: the members of a type
// that is kept whole, a function in a condition or in a function, the functions of an
// object.
func (c *cutter) within(n int, s scope, depth int) (names []name) {
	if depth >= maxDepth {
		return nil
	}
	child, last := c.children(n)
	for ; child < last && len(names) < MaxSymbols; child = c.after(child) {
		d, ok := c.define(child, scope{path: s.path}, maxWraps)
		pair := c.kinds.pair(c.list.Nodes[child].Kind)
		if !ok && !pair {
			names = append(names, c.within(child, s, depth+1)...)
			continue
		}
		found := name{path: s.path, symbol: d.name, place: c.place(child), silent: s.in == KindFunction}
		inner := scope{path: join(s.path, d.name), in: s.in}
		switch {
		case ok && (d.kind == KindFunction || d.kind == KindMethod):
			inner.in = KindFunction
			names = append(append(names, found), c.within(d.node, inner, depth+1)...)
		case ok && d.kind == KindType && c.mentions(d.node):
		case ok && d.kind == KindType:
			inner.in = cmp.Or(s.in, KindType)
			names = append(append(names, found), c.within(d.node, inner, depth+1)...)
		case ok && s.in == KindType && d.name != "" && (d.kind == KindVar || d.kind == KindConst):
			found.silent = true
			names = append(append(names, found), c.within(d.node, s, depth+1)...)
		case pair && c.isFunction(child):
			key, _ := c.list.Node(child).Child("key")
			found.symbol = tidy(strings.Trim(string(head(c.text, key.Start, key.End)), `"'`))
			names = append(names, found)
		default:
			names = append(names, c.within(child, s, depth+1)...)
		}
	}
	return names
}

// mentions says whether a node names a type of C without defining it.
func (c *cutter) mentions(n int) bool {
	if !strings.HasSuffix(c.list.Kind(n), "_specifier") {
		return false
	}
	_, body := c.list.Node(n).Child("body")
	return !body
}

// isFunction says whether a member of an object is a function.
func (c *cutter) isFunction(pair int) bool {
	value, ok := c.list.Node(pair).Child("value")
	return ok && values[value.Kind] == KindFunction
}

// add makes blocks from a definition that n is or wraps.
func (c *cutter) add(n int, d definition, s scope, depth int) {
	kind, at := d.kind, c.place(n)
	if kind == KindFunction && s.in == KindType {
		kind = KindMethod
	}
	if !d.open && at.size() <= whole || depth >= maxDepth {
		b := block{kind: kind, path: s.path, symbol: d.name, own: at}
		b.adopt(c.within(d.node, scope{path: join(s.path, d.name), in: kind}.inside(), depth)...)
		c.begin(at.start, at.end, b)
		return
	}
	inner := scope{path: join(s.path, d.name), kind: kind, in: kind}
	if d.open {
		inner.kind, inner.in = KindLines, ""
	}
	c.begin(at.start, at.start, block{kind: kind, path: s.path, symbol: d.name, opens: inner.path, own: at})
	member, last := c.children(d.node)
	body := c.largest(member, last)
	for ; member < last; member = c.after(member) {
		if own := c.place(member); own == body {
			c.visit(member, inner, depth+1)
			c.extend(own.end)
		} else {
			c.loose(own.start, own.end, inner)
		}
	}
	c.extend(at.end)
}

// largest returns the place of the node that holds most of the text: a definition's body.
func (c *cutter) largest(n, last int) (out place) {
	for ; n < last; n = c.after(n) {
		if at := c.place(n); at.size() > out.size() {
			out = at
		}
	}
	return out
}

// begin begins a block. If it begins on the line where the last block ends, it takes that
// line, provided that the last block has lines before it. If both are on one line, they
// are one block with both names.
func (c *cutter) begin(start, end int, b block) {
	if len(c.blocks) > 0 {
		last := &c.blocks[len(c.blocks)-1]
		follow := c.next.after(last.end)
		if start < follow && !c.long(start) {
			line := c.lines.start(start)
			if b.symbol == "" && len(b.inner) == 0 || line <= last.start {
				if b.symbol != "" {
					last.adopt(name{path: b.path, symbol: b.symbol, place: place{start, end}})
				}
				last.adopt(b.inner...)
				last.end = max(last.end, end)
				return
			}
			follow = line
		} else if start < follow {
			follow = start // in a line that is cut anyway
		}
		last.end = follow
		b.start = follow
	}
	b.end = max(b.start, end)
	c.blocks = append(c.blocks, b)
}

// long says whether a place is in a line that is so long that it is cut.
func (c *cutter) long(at int) bool {
	from := c.lines.start(at)
	return c.lines.end-from > Max
}

// lines finds the line of a place. It remembers the last one, so that many places
// on one line read it once.
type lines struct {
	text       []byte
	begin, end int
}

func (l *lines) start(at int) int {
	if at < l.begin || at >= l.end {
		l.begin, l.end = lineStart(l.text, at), lineEnd(l.text, at)
	}
	return l.begin
}

// extend makes the last block reach to end.
func (c *cutter) extend(end int) {
	if len(c.blocks) > 0 {
		last := &c.blocks[len(c.blocks)-1]
		last.end = max(last.end, end)
	}
}

// loose adds lines that define nothing to the block before them, if that block is of their
// kind or is the head of the definition around them.
func (c *cutter) loose(start, end int, s scope, inner ...name) {
	if len(c.blocks) > 0 && len(inner) == 0 {
		last := &c.blocks[len(c.blocks)-1]
		if last.opens == s.path && s.path != "" || last.symbol == "" && len(last.inner) == 0 && last.path == s.path && last.kind == s.kind {
			c.extend(end)
			return
		}
	}
	b := block{kind: s.kind, path: s.path}
	b.adopt(inner...)
	c.begin(start, end, b)
}

// define returns the definition that n makes. In a function only large definitions count.
func (c *cutter) define(n int, s scope, wraps int) (definition, bool) {
	r := c.rule(n)
	if r == &none || r == &failed || r.aside || *r == through || wraps == 0 {
		return definition{}, false
	}
	if r.kind == "" {
		child, last := c.children(n)
		for ; child < last; child = c.after(child) {
			if d, ok := c.define(child, s, wraps-1); ok {
				return d, true
			}
		}
		return definition{}, false
	}
	d, node := definition{rule: *r, node: n}, c.list.Node(n)
	if r.name != nameless {
		d.name, d.kind = c.name(node, r)
		if d.name == "" && d.kind != KindHeader {
			return definition{}, false
		}
	}
	if r.open {
		if _, body := node.Child("body"); !body {
			d.kind, d.open = KindHeader, false // a namespace of the whole file
		}
	}
	inFunction := s.in == KindFunction || s.in == KindMethod
	if inFunction && (c.place(n).size() < small || d.kind != KindFunction && d.kind != KindMethod && d.kind != KindType) {
		return definition{}, false
	}
	return d, true
}

// values lists kinds of expressions that turn the name to which they are assigned into a
// function or a type.
var values = map[string]string{
	"arrow_function": KindFunction, "function_expression": KindFunction, "generator_function": KindFunction,
	"anonymous_function": KindFunction, "lambda": KindFunction, "class": KindType,
}

// name returns the name of the definition that n makes, and its kind.
func (c *cutter) name(n tree.Node, r *rule) (name, kind string) {
	kind = r.kind
	field := r.name
	if field == "" {
		field = "name"
	}
	at, ok := n.Child(field)
	if !ok {
		at, ok = c.identifier(n)
	}
	if !ok {
		return "", kind
	}
	for range maxWraps {
		// The name in C stands among stars, brackets and parameters.
		inner, ok := at.Child("declarator")
		if !ok && at.Kind == "reference_declarator" {
			inner, ok = c.identifier(at)
		}
		if !ok && at.Kind == "generic_type" {
			inner, ok = at.Child("type")
		}
		if !ok && at.Kind == "variable_declarator" {
			inner, ok = at.Child("name")
		}
		if !ok {
			break
		}
		if at.Kind == "function_declarator" && kind == KindVar {
			kind = KindFunction
		}
		at = inner
	}
	for _, field := range []string{"value", "right"} {
		if value, ok := n.Child(field); ok && values[value.Kind] != "" {
			kind = values[value.Kind]
		}
	}
	text := c.text[at.Start:min(at.End, at.Start+maxTitle)]
	if i := bytes.LastIndexByte(text, '\n'); i >= 0 {
		text = text[i:] // macros that the grammar took for types stand before it
	}
	found := strings.Trim(tidy(string(text)), `"'`)
	if found == "namespace" || strings.HasPrefix(found, "//") || strings.HasPrefix(found, "/*") {
		found = "" // of a text that the grammar of C++ has taken wrongly
	}
	return found, kind
}

// identifier returns the first child that is a name.
func (c *cutter) identifier(n tree.Node) (tree.Node, bool) {
	children := n.Children()
	c.budget -= 1 + len(children)
	for _, child := range children {
		switch child.Kind {
		case "name", "variable_name", "word", "constant", "namespace_name", "function_declarator", "qualified_name":
			return child, true
		}
		if strings.HasSuffix(child.Kind, "identifier") {
			return child, true
		}
	}
	return tree.Node{}, false
}

// join makes a path from names.
func join(path, name string) string {
	switch {
	case path == "":
		return clip(name, MaxSymbol)
	case name == "":
		return path
	}
	return clip(path+between+name, MaxSymbol)
}

// joinHeader makes one block of the package clause and imports at the top, with
// the few lines between them. Imports further down are lines.
func joinHeader(blocks []block) []block {
	end := 0
	for i, b := range blocks {
		if b.kind == KindHeader {
			end = i + 1
		} else if b.kind != KindLines || b.path != "" || b.size() >= small {
			break
		}
	}
	for i := range blocks[end:] {
		if b := &blocks[end+i]; b.kind == KindHeader {
			b.kind = KindLines
		}
	}
	if end == 0 {
		return blocks
	}
	head := block{end: blocks[end-1].end, kind: KindHeader}
	for _, b := range blocks[:end] {
		if head.symbol == "" {
			head.symbol = b.symbol
		}
		head.adopt(b.inner...)
	}
	blocks[end-1] = head
	return blocks[end-1:]
}
