package fact

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"
)

func goFacts(t testing.TB, text string) *Set {
	t.Helper()
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, "", text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	set, err := Decode(OfGo(tree, files.File(tree.Package), []byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestDecodeReadsWhatEncodeWrites(t *testing.T) {
	text, err := os.ReadFile("golang.go")
	if err != nil {
		t.Fatal(err)
	}
	set := goFacts(t, string(text))
	if len(set.Definitions) < 20 || len(set.References) < 200 || len(set.Imports) != 6 {
		t.Fatalf("%d definitions, %d references, %d imports", len(set.Definitions), len(set.References), len(set.Imports))
	}
	encoded := Encode(set)
	got, err := Decode(encoded)
	if err != nil {
		t.Fatal(err)
	}
	for i := range set.Definitions {
		if want := set.Definitions[i]; len(want.Bases) == 0 {
			set.Definitions[i].Bases = nil
		}
	}
	if !reflect.DeepEqual(got, set) {
		t.Error("what is read differs from what was written")
	}
	for cut := range encoded {
		if _, err := Decode(encoded[:cut]); err == nil {
			t.Fatalf("the first %d of %d bytes are accepted", cut, len(encoded))
		}
	}
}

func TestSetsAreBounded(t *testing.T) {
	var text strings.Builder
	text.WriteString("package a\nvar x = 0\n")
	for range MaxDefinitions + 10 {
		text.WriteString("type Q struct{}\n")
	}
	set := goFacts(t, text.String())
	if len(set.Definitions) != MaxDefinitions || !set.Cut {
		t.Errorf("%d definitions, cut: %t", len(set.Definitions), set.Cut)
	}
	text.Reset()
	text.WriteString("package a\nvar x = ")
	text.WriteString(strings.Repeat("!", 3*maxDepth) + "y\n")
	if set := goFacts(t, text.String()); !set.Cut || len(set.References) != 0 {
		t.Errorf("what is too deep: %+v", set)
	}
	chain := "package a\nvar x = y" + strings.Repeat(".z", 200) + "\n"
	for _, r := range goFacts(t, chain).References {
		if len(r.Receiver) > MaxExpression {
			t.Errorf("a receiver of %d bytes", len(r.Receiver))
		}
	}
}

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"Mill grinds. It is old.":             "Mill grinds.",
		"Mill grinds\ngrain, e.g. rye. More.": "Mill grinds grain, e.g. rye.",
		"Mill grinds\n\nIt is old.":           "Mill grinds",
		"v1.2 of the mill":                    "v1.2 of the mill",
		"":                                    "",
	} {
		if got := sentence(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(Encode(goFacts(f, "package a\nimport \"b\"\n// A is one.\ntype A struct{ b.C }\nfunc (a A) D() (E, error) { return a.F() }\n")))
	f.Add([]byte{form, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := Decode(data)
		if err != nil {
			return
		}
		again, err := Decode(Encode(set))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(Encode(again), Encode(set)) {
			t.Fatal("a set changes when it is stored")
		}
	})
}
