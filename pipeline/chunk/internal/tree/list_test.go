//go:build cgo

package tree

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestListIsTheTree compares the list of a tree with the answers of the library, node by node:
// the nodes below each, and the nodes in their fields.
func TestListIsTheTree(t *testing.T) {
	for _, language := range slices.Sorted(maps.Keys(grammars)) {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			kinds, fields := Kinds(language)
			fields = fields[1:] // the first is the name of none
			keep := slices.Repeat([]bool{true}, len(kinds))
			for _, text := range texts(t) {
				fields := fields
				tree, _ := Parse(t.Context(), language, text)
				if tree == nil {
					continue
				}
				list := tree.List(keep)
				if list == nil {
					t.Fatalf("%.40q has no list", text)
				}
				if len(text) > sample {
					fields = nil // it nests, and to ask each node takes long
				}
				compare(t, list, 0, tree.Root(), fields)
				if flat := tree.Flat(); !slices.Equal(flat.Nodes, list.Facts().Nodes) {
					t.Errorf("%.40q: facts are looked for in other nodes than before", text)
				}
				list.Close()
				tree.Close()
			}
		})
	}
}

// sample is how much of a sample is read, in bytes.
const sample = 1 << 10

// texts are the chunker's samples, whole and broken, and texts that nest.
func texts(t *testing.T) (all [][]byte) {
	t.Helper()
	names, err := filepath.Glob("../../testdata/sample.*")
	if err != nil || len(names) == 0 {
		t.Fatal("the samples are not there", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(name) != ".golden" && len(text) > 0 {
			all = append(all, text[:min(len(text), sample)], text[len(text)/3:min(len(text), len(text)/3+sample/2)])
		}
	}
	for _, nested := range []string{"a[", "-", "{", "if a {", "class A { class B"} {
		all = append(all, []byte(strings.Repeat(nested, 1200)))
	}
	return all
}

// compare walks the list and the tree together.
func compare(t *testing.T, list *List, at int, n Node, fields []string) {
	t.Helper()
	l := list.Nodes[at]
	if list.Kind(at) != n.Kind || int(l.Start) != n.Start || int(l.End) != n.End {
		t.Fatalf("node %d is %s [%d, %d), want %s [%d, %d)", at, list.Kind(at), l.Start, l.End, n.Kind, n.Start, n.End)
	}
	if n.Kind != "ERROR" {
		for _, field := range fields {
			got, has := list.Node(at).Child(field)
			want, had := n.Child(field)
			if has != had || got != want {
				t.Fatalf("field %s of node %d is %v %+v, want %v %+v", field, at, has, got, had, want)
			}
		}
	}
	child, end := at+1, int(l.Next)
	for _, below := range n.Children() {
		if child >= end {
			t.Fatalf("node %d has fewer nodes below it", at)
		}
		compare(t, list, child, below, fields)
		child = int(list.Nodes[child].Next)
	}
	if child != end {
		t.Fatalf("node %d has more nodes below it", at)
	}
}
