package sbom_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/sbom"
)

const status = `Package: git
Status: install ok installed
Architecture: amd64
Version: 1:2.39.5-0+deb12u2
Description: fast, scalable, distributed revision control system
 Git is popular. Version: none of this is a field

Package: vim
Status: deinstall ok config-files
Architecture: amd64
Version: 2:9.0
`

// The bill lists the modules of a binary and the packages of an image. It is compared with go.sum,
// and has the same bytes each time. End-to-end tests read the bill of real binaries.
func TestABillListsModulesAndPackages(t *testing.T) {
	const sums = "example.com/Mill v1.2.0+incompatible h1:abc=\nexample.com/Mill v1.2.0+incompatible/go.mod h1:def=\n"
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := sbom.Read(filepath.Dir(exe)) // the go command records no modules in tests
	if err != nil {
		t.Fatal(err)
	}
	b.Add(sbom.Part{Name: "example.com/Mill", Version: "v1.2.0+incompatible", Sum: "h1:abc="}, "leat")
	b.Add(sbom.Part{Name: "example.com/Mill", Version: "v1.2.0+incompatible", Sum: "h1:abc="}, "syncer")
	if err := b.AddDebian(strings.NewReader(status)); err != nil {
		t.Fatal(err)
	}
	if err := b.Check(strings.NewReader(sums)); err != nil {
		t.Error(err)
	}
	if err := b.Check(strings.NewReader("")); err == nil || !strings.Contains(err.Error(), "example.com/Mill") {
		t.Errorf("against an empty go.sum: %v", err)
	}
	var once, again bytes.Buffer
	if b.Write(&once) != nil || b.Write(&again) != nil || once.String() != again.String() {
		t.Error("two bills of the same binaries differ")
	}
	var out struct {
		BOMFormat, SpecVersion, SerialNumber string
		Components                           []struct{ PURL string }
	}
	if err := json.Unmarshal(once.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	var purls []string
	for _, c := range out.Components {
		purls = append(purls, c.PURL)
	}
	all := strings.Join(purls, "\n")
	for _, want := range []string{"pkg:deb/debian/git@1%3A2.39.5-0%2Bdeb12u2?arch=amd64", "pkg:golang/example.com/mill@v1.2.0%2Bincompatible", "pkg:golang/stdlib@1."} {
		if !strings.Contains(all, want) {
			t.Errorf("no %s in\n%s", want, all)
		}
	}
	if strings.Contains(all, "vim") {
		t.Error("a package that is not installed is listed")
	}
	if out.BOMFormat != "CycloneDX" || out.SpecVersion != "1.6" || !strings.HasPrefix(out.SerialNumber, "urn:uuid:") {
		t.Errorf("%+v", out)
	}
}

func TestADirectoryWithoutBinariesHasNoBill(t *testing.T) {
	if _, err := sbom.Read(t.TempDir()); err == nil {
		t.Error("it has one")
	}
}
