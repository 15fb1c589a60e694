//go:build !cgo

package tree

import (
	"context"

	"github.com/leatworks/leat/pipeline/fact"
)

// Enabled says whether this program was built with grammars.
const Enabled = false

// Tree is the syntax of a text.
type Tree struct{}

// Close frees the tree.
func (*Tree) Close() {}

// Parse finds no tree.
func Parse(context.Context, string, []byte) (*Tree, Cost) { return nil, Cost{} }

// Flat lists nothing.
func (*Tree) Flat() *fact.Tree { return nil }

// List lists nothing.
func (*Tree) List([]bool) *List { return nil }

// List is the named nodes of a tree.
type List struct{ Nodes []fact.Node }

// Close gives the list back.
func (*List) Close() {}

// Kind knows none.
func (*List) Kind(int) string { return "" }

// Node finds none.
func (*List) Node(int) Node { return Node{} }

// Facts lists nothing.
func (*List) Facts() *fact.Tree { return nil }

// Root returns the node of the whole text.
func (*Tree) Root() Node { return Node{} }

// Node is a named part of a tree.
type Node struct {
	Kind       string
	Field      string
	Start, End int
}

// Children returns the named nodes right below n.
func (Node) Children() []Node { return nil }

// Child returns the node below n in a field.
func (Node) Child(string) (Node, bool) { return Node{}, false }

// Kinds knows none.
func Kinds(string) (kinds, fields []string) { return nil, nil }
