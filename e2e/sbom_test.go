//go:build linux

package e2e_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/sbom"
)

// The bill of materials lists each module from which a package of the binaries comes, by the
// go command's list, with the sum of go.sum.
func TestTheBillOfMaterialsIsComplete(t *testing.T) {
	t.Parallel()
	bill, err := sbom.Read(binaries)
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.Open("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	defer sums.Close()
	if err := bill.Check(sums); err != nil {
		t.Error(err)
	}
	listed := make(map[string]bool)
	for _, p := range bill.Parts {
		listed[p.Name+" "+p.Version] = true
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "./cmd/...")
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := make(map[string]bool)
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); line != "" {
			linked[line] = true
		}
	}
	for module := range linked {
		if !listed[module] {
			t.Errorf("%s is linked and not listed", module)
		}
	}
	if len(linked) < 50 || len(listed) != len(linked)+1 { // and the standard library
		t.Errorf("%d parts are listed, and %d modules linked", len(listed), len(linked))
	}
}
