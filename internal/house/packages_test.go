package house_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// The page draws layers as a Mermaid flowchart and lists the packages of each
// layer in a table below a heading of the layer's name.
const packagesPage = "docs/packages.md"

func TestPackagesPage(t *testing.T) {
	wrong, err := comparePackages(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wrong {
		t.Error(w)
	}
}

// comparePackages returns a line for each difference between the page and the
// imports of the tree. Tests may import what they like, as far as the rules of
// imports let them, and do not count.
func comparePackages(tree fs.FS) ([]string, error) {
	source, err := fs.ReadFile(tree, packagesPage)
	if err != nil {
		return nil, err
	}
	imports, err := packageImports(tree)
	if err != nil {
		return nil, err
	}
	page := parsePackages(string(source))
	wrong := page.wrong
	used := make(map[arrow]bool)
	for _, dir := range slices.Sorted(maps.Keys(imports)) {
		layer, known := page.layers[dir]
		if !known {
			wrong = append(wrong, fmt.Sprintf("%s: package %s is missing; add a row for it to the table of its layer",
				packagesPage, dir))
			continue
		}
		for _, imported := range imports[dir] {
			a := arrow{layer, page.layers[imported]}
			used[a] = true
			if a.to != "" && !page.leads(a) {
				wrong = append(wrong, fmt.Sprintf("%s: %s imports %s, but no arrows lead from %s to %s",
					packagesPage, dir, imported, a.from, a.to))
			}
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(page.layers)) {
		if _, exists := imports[dir]; !exists {
			wrong = append(wrong, fmt.Sprintf("%s: there is no package %s", packagesPage, dir))
		}
	}
	for a := range page.arrows {
		if !used[a] {
			wrong = append(wrong, fmt.Sprintf("%s: nothing in %s imports anything in %s; remove the arrow",
				packagesPage, a.from, a.to))
		}
	}
	return wrong, nil
}

type arrow struct{ from, to string }

type packages struct {
	arrows map[arrow]bool
	layers map[string]string // the layer of each package
	wrong  []string
}

// leads says whether a layer can be reached from another by the arrows.
func (p packages) leads(a arrow) bool {
	reached := []string{a.from}
	for i := 0; i < len(reached); i++ {
		for next := range p.arrows {
			if next.from == reached[i] && !slices.Contains(reached, next.to) {
				reached = append(reached, next.to)
			}
		}
	}
	return slices.Contains(reached, a.to)
}

var (
	arrowLine   = regexp.MustCompile(`^\s*(\w+) --> (\w+(?: & \w+)*)$`)
	layerLine   = regexp.MustCompile(`^## (\w+)$`)
	packageLine = regexp.MustCompile("^\\| `([^`]+)` \\|")
)

func parsePackages(source string) packages {
	page := packages{arrows: make(map[arrow]bool), layers: make(map[string]string)}
	layer := ""
	for line := range strings.Lines(source) {
		line = strings.TrimSuffix(line, "\n")
		if m := arrowLine.FindStringSubmatch(line); m != nil {
			for to := range strings.SplitSeq(m[2], " & ") {
				page.arrows[arrow{m[1], to}] = true
			}
		}
		if m := layerLine.FindStringSubmatch(line); m != nil {
			layer = strings.ToLower(m[1])
		}
		if m := packageLine.FindStringSubmatch(line); m != nil {
			if _, twice := page.layers[m[1]]; twice {
				page.wrong = append(page.wrong, fmt.Sprintf("%s: package %s is listed twice", packagesPage, m[1]))
			}
			page.layers[m[1]] = layer
		}
	}
	return page
}

// packageImports returns, for the directory of each package, the directories
// of the packages of ours that it imports. A package that holds nothing but
// tests imports nothing.
func packageImports(tree fs.FS) (map[string][]string, error) {
	imports := make(map[string][]string)
	err := walkGo(tree, func(name string) error {
		dir := path.Dir(name)
		if _, known := imports[dir]; !known {
			imports[dir] = nil
		}
		if strings.HasSuffix(name, "_test.go") {
			return nil
		}
		all, err := importsOf(tree, name)
		if err != nil {
			return err
		}
		for _, imported := range all {
			if own, ok := strings.CutPrefix(imported, module+"/"); ok && !slices.Contains(imports[dir], own) {
				imports[dir] = append(imports[dir], own)
			} else if imported == module {
				return fmt.Errorf("%s imports the module's root", name)
			}
		}
		return nil
	})
	return imports, err
}

func TestPackagesPageIsCompared(t *testing.T) {
	const page = "```mermaid\nflowchart TD\n  top[\"the top\"]\n  top --> middle & bottom\n  middle --> floor\n```\n" +
		"## Top\n\n| `cmd/a` | a |\n\n## Middle\n\n| `b` | b |\n\n## Bottom\n\n| `c` | c |\n\n## Floor\n\n| `d` | d |\n"
	file := func(imports ...string) *fstest.MapFile {
		source := "package p\n"
		for _, i := range imports {
			source += fmt.Sprintf("import _ %q\n", module+"/"+i)
		}
		return &fstest.MapFile{Data: []byte(source)}
	}
	for _, test := range []struct {
		name, page string
		change     map[string]*fstest.MapFile
		want       string
	}{
		{"as drawn", page, nil, ""},
		{"over two arrows", page, map[string]*fstest.MapFile{"cmd/a/a.go": file("d")}, ""},
		{"missing package", page, map[string]*fstest.MapFile{"e/e.go": file()}, "package e is missing"},
		{"missing package of tests", page, map[string]*fstest.MapFile{"e/e_test.go": file()}, "package e is missing"},
		{"against the arrows", page, map[string]*fstest.MapFile{"b/b.go": file("c", "d")}, "b imports c, but no arrows lead from middle to bottom"},
		{"a test's import", page, map[string]*fstest.MapFile{"b/b_test.go": file("c")}, ""},
		{"unused arrow", page, map[string]*fstest.MapFile{"cmd/a/main.go": file("b")}, "nothing in top imports anything in bottom"},
		{"no such package", page + "| `e` | e |\n", nil, "there is no package e"},
		{"listed twice", page + "| `b` | b |\n", nil, "package b is listed twice"},
	} {
		t.Run(test.name, func(t *testing.T) {
			tree := fstest.MapFS{
				packagesPage:    {Data: []byte(test.page)},
				"cmd/a/main.go": file("b", "c"), "b/b.go": file("d"), "c/c.go": file(), "d/d.go": file(),
			}
			maps.Copy(tree, test.change)
			wrong, err := comparePackages(tree)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(wrong, "\n")
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
