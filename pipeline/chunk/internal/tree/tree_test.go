//go:build cgo

package tree

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestParse(t *testing.T) {
	text := []byte("import a\n\nclass B:\n    def c(self):\n        pass\n")
	tree, cost := Parse(t.Context(), "Python", text)
	if tree == nil {
		t.Fatal("no tree")
	}
	defer tree.Close()
	if cost.Read < len(text) || cost.Allocated == 0 {
		t.Errorf("cost = %+v", cost)
	}
	var got []string
	for _, n := range tree.Root().Children() {
		name, _ := n.Child("name")
		got = append(got, fmt.Sprintf("%s %d-%d %s", n.Kind, n.Start, n.End, text[name.Start:name.End]))
	}
	want := []string{"import_statement 0-8 a", "class_definition 10-48 B"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, ok := tree.Root().Child("name"); ok {
		t.Error("a module has a name")
	}
	if _, ok := tree.Root().Child("no such field"); ok {
		t.Error("a field that the grammar does not have was found")
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		language string
		text     string
	}{
		"no grammar": {"Brainfuck", "+"},
		"empty":      {"Python", ""},
		"too large":  {"Python", strings.Repeat("\n", MaxSize+1)},
		"too costly": {"Rust", strings.Repeat(`"'`, 100<<10)},
	} {
		if tree, _ := Parse(t.Context(), c.language, []byte(c.text)); tree != nil {
			tree.Close()
			t.Errorf("%s: a tree", name)
		}
	}
}

// TestParseIsPure parses a text that stops in the middle, and then another text with the
// parsers that are left, many at a time.
func TestParseIsPure(t *testing.T) {
	hard := []byte(strings.Repeat(`"'`, 50<<10))
	easy := []byte("fn a() {}\n")
	tree, first := Parse(t.Context(), "Rust", hard)
	if tree != nil {
		t.Fatal("it was to stop")
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if _, cost := Parse(t.Context(), "Rust", hard); cost != first {
				t.Errorf("it cost %+v, and then %+v", first, cost)
			}
			tree, _ := Parse(t.Context(), "Rust", easy)
			if tree == nil {
				t.Error("no tree after one that was stopped")
				return
			}
			defer tree.Close()
			if root := tree.Root(); len(root.Children()) != 1 || root.Children()[0].Kind != "function_item" || root.End != len(easy) {
				t.Errorf("the tree is %+v", root)
			}
		})
	}
	group.Wait()
}

// A parse that is told to end ends at its next look, far from its budget.
func TestParseEndsWithItsContext(t *testing.T) {
	text := []byte("class A { int f(object x) { return x is A" + strings.Repeat("<x is A", 10_000) + "; } }")
	all, whole := Parse(t.Context(), "C#", text)
	if all != nil {
		all.Close()
	}
	for range 100 { // on a busy machine the end may come when the parse is over
		ctx, end := context.WithCancel(t.Context())
		go end()
		tree, cost := Parse(ctx, "C#", text)
		if tree == nil && cost.Steps < whole.Steps {
			return
		}
		if tree != nil {
			tree.Close()
		}
	}
	t.Errorf("no parse of %d steps was ended", whole.Steps)
}
