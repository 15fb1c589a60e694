//go:build cgo

package tree

/*
#cgo noescape leat_list_all
#cgo nocallback leat_list_all
#include "parse.h"
*/
import "C"

import (
	"cmp"
	"slices"
	"sync"
	"unsafe"

	"github.com/leatworks/leat/pipeline/fact"
)

// maxList bounds the nodes of a tree that is listed for cutting, named or not: four for each
// byte of the largest text.
const maxList = 4 * MaxSize

// List holds the named nodes of a tree, each before those below it. One call of C makes it,
// since a call for each node would take longer than the parse.
type List struct {
	Nodes   []fact.Node
	tree    *Tree
	kept    []C.leat_kept
	count   int  // of all nodes, named or not
	partial bool // package fact is to see other nodes
}

// lists are kept for the next tree.
var lists = sync.Pool{New: func() any { return new(List) }}

// maxKeptNodes bounds the list that is kept for the next tree.
const maxKeptNodes = 1 << 17

// List lists the nodes of the tree. Nodes of the kinds whose numbers are in keep can be
// asked for their fields. It returns nil if there are too many nodes. Close the list before
// the tree.
func (t *Tree) List(keep []bool) *List {
	most := int(C.leat_count(t.raw))
	if most > maxList {
		return nil
	}
	l := lists.Get().(*List)
	l.tree, l.count = t, most
	l.Nodes = slices.Grow(l.Nodes[:0], most)[:most]
	l.kept = slices.Grow(l.kept[:0], 64+most/8)
	for {
		room := cap(l.kept)
		made := C.leat_list_all(t.raw,
			(*C.leat_flat)(unsafe.Pointer(unsafe.SliceData(l.Nodes))), C.uint32_t(most),
			(*C.bool)(unsafe.Pointer(unsafe.SliceData(keep))), C.uint32_t(len(keep)),
			unsafe.SliceData(l.kept), C.uint32_t(room))
		if int(made.kept) > room {
			l.kept = slices.Grow(l.kept[:0], int(made.kept))
			continue
		}
		l.Nodes, l.kept, l.partial = l.Nodes[:made.nodes], l.kept[:made.kept], bool(made.partial)
		return l
	}
}

// Close gives the list back.
func (l *List) Close() {
	clear(l.kept) // pointers into the tree
	l.tree = nil
	if cap(l.Nodes) <= maxKeptNodes {
		lists.Put(l)
	}
}

// Kind returns the name of a node's kind.
func (l *List) Kind(at int) string { return l.tree.grammar.kind(l.Nodes[at].Kind) }

// Node returns a node of one of the kept kinds.
func (l *List) Node(at int) Node {
	i, found := slices.BinarySearchFunc(l.kept, at, func(k C.leat_kept, at int) int { return cmp.Compare(int(k.at), at) })
	if !found {
		return Node{Kind: l.Kind(at)}
	}
	n := l.Nodes[at]
	return Node{
		Kind: l.Kind(at), Field: l.tree.grammar.fields[n.Field], Start: int(n.Start), End: int(n.End),
		raw: l.kept[i].node, grammar: l.tree.grammar,
	}
}

// Facts returns the tree in the form that package fact reads, or nil if it has too many nodes.
func (l *List) Facts() *fact.Tree {
	if l.partial || l.count > maxFlat {
		return l.tree.Flat()
	}
	return &fact.Tree{Kinds: l.tree.grammar.kinds, Fields: l.tree.grammar.fields, Nodes: l.Nodes}
}
