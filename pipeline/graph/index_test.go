package graph

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"
)

// A method that many types have is found as the member of its own type.
func TestAMethodOfManyTypes(t *testing.T) {
	const wheels = 3 * fewNamed
	texts := map[string][2]string{"go.mod": {"", "module example.org/mill\n"}}
	for i := range wheels {
		texts[fmt.Sprintf("w%d/w.go", i)] = [2]string{"Go", fmt.Sprintf("package w%d\n\ntype Wheel struct{}\n\nfunc (Wheel) Turn() {}\n\ntype Wheel%d struct{}\n\nfunc (Wheel%d) Turn() {}\n", i, i, i)}
	}
	for i := range wheels {
		for _, name := range []string{"Wheel", fmt.Sprintf("Wheel%d", i)} {
			texts["main.go"] = [2]string{"Go", fmt.Sprintf("package main\n\nimport \"example.org/mill/w%d\"\n\nfunc main() {\n\tvar w w%d.%s\n\tw.Turn()\n}\n", i, i, name)}
			if got, want := found(t, "main.go", texts)["Turn"], fmt.Sprintf("type w%d/w.go#%s.Turn", i, name); got != want {
				t.Errorf("Turn is %q, want %q", got, want)
			}
		}
	}
}

// many is a track with that many definitions of any name.
type many int

func (m many) Named(_ context.Context, _ uuid.UUID, names []string, _ int) (list []symbol, err error) {
	for _, name := range names {
		for i := range int(m) {
			list = append(list, symbol{Name: name, Ordinal: i})
		}
	}
	return list, nil
}

// When the symbols in memory become too many, those of names that the last page looked up stay, unless they are too
// many themselves.
func TestForgetting(t *testing.T) {
	x := newIndex(t.Context(), many(maxNamed), uuid.UUID{})
	x.keys = make(map[string]bool)
	var names []string
	for i := range maxKnown/maxNamed + 1 {
		names = append(names, fmt.Sprint("n", i))
	}
	x.load(names[1:])
	kept := x.named("n7")
	if x.forget(); x.size != maxKnown {
		t.Errorf("%d symbols are left of %d, which are not too many", x.size, maxKnown)
	}
	x.named("n0")
	x.named("n7")
	if x.forget(); x.size != 2*maxNamed || len(x.known) != 2 {
		t.Errorf("%d symbols of %d names are left, want those of 2 names", x.size, len(x.known))
	}
	if list := x.named("n7"); len(list) != maxNamed || list[0] != kept[0] {
		t.Error("a name of the last page was looked up again")
	}
	for _, name := range names {
		x.named(name)
	}
	if x.forget(); x.size != 0 || len(x.known) != 0 {
		t.Errorf("%d symbols of %d names are left", x.size, len(x.known))
	}
	if len(x.named("n7")) != maxNamed {
		t.Error("a forgotten name is not found again")
	}
}
