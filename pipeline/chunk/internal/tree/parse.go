//go:build cgo

package tree

/*
#cgo darwin LDFLAGS: -Wl,-undefined,dynamic_lookup
#cgo noescape leat_parse
#cgo nocallback leat_parse
#cgo noescape leat_root
#cgo nocallback leat_root
#cgo noescape leat_children
#cgo nocallback leat_children
#cgo noescape leat_field
#cgo nocallback leat_field
#cgo noescape leat_count
#cgo nocallback leat_count
#cgo noescape leat_flatten
#cgo nocallback leat_flatten
#include "parse.h"
*/
import "C"

import (
	"context"
	"sync"
	"sync/atomic"
	"unsafe"

	_ "github.com/tree-sitter/go-tree-sitter" // compiles and links the library

	"github.com/leatworks/leat/pipeline/fact"
)

// Enabled says whether this program was built with grammars.
const Enabled = true

// grammar is the grammar of a language, with the names of its kinds and fields.
type grammar struct {
	language unsafe.Pointer
	kinds    []string
	fields   []string
	ids      map[string]C.uint16_t // of fields
}

var start = sync.OnceFunc(func() { C.leat_start() })

// load reads a grammar's names.
func load(language unsafe.Pointer) *grammar {
	start()
	g := &grammar{language: language, ids: make(map[string]C.uint16_t)}
	for i := range C.leat_kinds(language) {
		g.kinds = append(g.kinds, C.GoString(C.leat_kind(language, C.uint16_t(i))))
	}
	g.fields = []string{""}
	for i := range C.leat_fields(language) {
		name := C.GoString(C.leat_field_name(language, C.uint16_t(i+1)))
		g.fields = append(g.fields, name)
		g.ids[name] = C.uint16_t(i + 1)
	}
	return g
}

// Tree is the syntax of a text. Its nodes may be used until it is closed.
type Tree struct {
	raw     *C.TSTree
	grammar *grammar
}

// Close frees the tree.
func (t *Tree) Close() { C.leat_tree_delete(t.raw) }

// Parse reads a text written in language, as go-enry names it. It returns nil
// if there is no grammar for it, if the text costs more than its budget, or if ctx ends.
func Parse(ctx context.Context, language string, text []byte) (*Tree, Cost) {
	g := lookup(language)
	if g == nil || len(text) == 0 || len(text) > MaxSize || ctx.Err() != nil {
		return nil, Cost{}
	}
	switch language {
	case "C", "C++":
		text = withoutMacros(text)
	case "TypeScript", "TSX":
		text = withEnds(text)
	}
	job := C.leat_job{size: C.uint32_t(len(text)), least: least.raw(), a_byte: perByte(language).raw()}
	told := (*int32)(unsafe.Pointer(&job.told))
	defer context.AfterFunc(ctx, func() { atomic.StoreInt32(told, 1) })()
	raw := C.leat_parse(g.language, &job, (*C.char)(unsafe.Pointer(unsafe.SliceData(text))))
	cost := Cost{Steps: int(job.cost.steps), Read: int(job.cost.read), Allocated: int(job.cost.allocated)}
	if raw == nil {
		return nil, cost
	}
	return &Tree{raw, g}, cost
}

func (c Cost) raw() C.leat_cost {
	return C.leat_cost{steps: C.uint64_t(c.Steps), read: C.uint64_t(c.Read), allocated: C.uint64_t(c.Allocated)}
}

// Node is a named part of a tree.
type Node struct {
	Kind       string
	Field      string // what it is to the node above; often empty
	Start, End int    // offsets in bytes, half open
	raw        C.TSNode
	grammar    *grammar
}

func (g *grammar) node(c C.leat_child) Node {
	return Node{Kind: g.kind(uint16(c.kind)), Field: g.fields[c.field], Start: int(c.start), End: int(c.end), raw: c.node, grammar: g}
}

// kind returns the name of a kind. The kind of errors has a number beyond the others.
func (g *grammar) kind(number uint16) string {
	if int(number) < len(g.kinds) {
		return g.kinds[number]
	}
	return "ERROR"
}

// Root returns the node of the whole text.
func (t *Tree) Root() Node {
	var c C.leat_child
	C.leat_root(t.raw, &c)
	return t.grammar.node(c)
}

// maxFlat bounds the nodes of a tree that is listed: two for each byte of the largest text.
const maxFlat = 2 * MaxSize

// Flat lists the named nodes of the tree for package fact; nil if there are too many.
func (t *Tree) Flat() *fact.Tree {
	most := int(C.leat_count(t.raw))
	if most > maxFlat {
		return nil
	}
	nodes := make([]fact.Node, most)
	raw := (*C.leat_flat)(unsafe.Pointer(unsafe.SliceData(nodes)))
	n := C.leat_flatten(t.raw, raw, C.uint32_t(most))
	if n == 0 {
		return nil
	}
	return &fact.Tree{Kinds: t.grammar.kinds, Fields: t.grammar.fields, Nodes: nodes[:n]}
}

// A list of C is read as one of Go: their nodes have the same form.
var _ = [1]struct{}{}[unsafe.Sizeof(fact.Node{})-unsafe.Sizeof(C.leat_flat{})]

// Children returns the named nodes right below n.
func (n Node) Children() []Node {
	count := C.leat_child_count(n.raw)
	if count == 0 {
		return nil
	}
	list := make([]C.leat_child, count)
	count = C.leat_children(n.raw, &list[0], count)
	nodes := make([]Node, count)
	for i, c := range list[:count] {
		nodes[i] = n.grammar.node(c)
	}
	return nodes
}

// Child returns the node below n in a field.
func (n Node) Child(field string) (Node, bool) {
	id, ok := n.grammar.ids[field]
	if !ok {
		return Node{}, false
	}
	var c C.leat_child
	if !C.leat_field(n.raw, id, &c) {
		return Node{}, false
	}
	return n.grammar.node(c), true
}

// Kinds returns the kinds of nodes and the names of fields that a language's
// grammar knows; nil without a grammar.
func Kinds(language string) (kinds, fields []string) {
	if g := lookup(language); g != nil {
		return g.kinds, g.fields
	}
	return nil, nil
}
