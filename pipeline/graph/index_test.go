package graph

import (
	"fmt"
	"testing"
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
