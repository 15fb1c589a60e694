package house_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"
)

// A use names a function or type that only some directories may use. A package may need the types
// of another without the right to open it.
type use struct {
	text    string
	of      string   // the package's directory
	name    string   // the function or type
	allowed []string // directories, as in a rule
	within  string   // a function that may use it anywhere
}

var uses = []use{
	{"internal/store alone opens stores", "pipeline/catalog", "Open", []string{"internal/store", "internal/bench", "internal/testenv"}, ""},
	{"internal/store alone opens stores", "pipeline/blob", "Open", []string{"internal/store"}, ""},
	{"internal/store alone opens stores", "pipeline/broker", "Connect", []string{"internal/store", "internal/callout"}, ""},
	{"internal/config alone chooses the vector store", "pipeline/vector/qdrant", "Open", []string{"internal/config", "internal/testenv"}, ""},
	{"internal/service alone assembles a searcher, and the trials of its rules", "pipeline/search", "Searcher", []string{"internal/service", "internal/eval"}, ""},
	{"a step gets rooms of the catalog and not the whole, which RoomsOf takes apart", "pipeline/catalog", "Catalog", []string{"internal/...", "cmd/..."}, "RoomsOf"},
}

func TestUses(t *testing.T) {
	wrong, err := misused(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wrong {
		t.Error(w)
	}
}

// misused returns a line for each use where it is not allowed. Tests may use
// what they like.
func misused(tree fs.FS) (wrong []string, err error) {
	err = walkGo(tree, func(name string) error {
		dir := path.Dir(name)
		if strings.HasSuffix(name, "_test.go") {
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, source, 0)
		if err != nil {
			return err
		}
		for _, u := range uses {
			local := localName(file, module+"/"+u.of)
			if local == "" || covers(u.allowed, dir) {
				continue
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if f, ok := n.(*ast.FuncDecl); ok && f.Name.Name == u.within {
					return false
				}
				selector, ok := n.(*ast.SelectorExpr)
				if !ok || selector.Sel.Name != u.name {
					return true
				}
				if x, ok := selector.X.(*ast.Ident); ok && x.Name == local {
					wrong = append(wrong, fmt.Sprintf("%s uses %s.%s: %s", files.Position(x.Pos()), path.Base(u.of), u.name, u.text))
				}
				return true
			})
		}
		return nil
	})
	return wrong, err
}

// localName returns the name by which a file knows a package, or "" if it does
// not import it.
func localName(file *ast.File, imported string) string {
	for _, spec := range file.Imports {
		if strings.Trim(spec.Path.Value, `"`) != imported {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(imported)
	}
	return ""
}

func TestMisusesAreFound(t *testing.T) {
	source := func(imported, use string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("package p\n\nimport " + imported + "\n\nvar _ = " + use + "\n")}
	}
	catalog := `"` + module + `/pipeline/catalog"`
	for _, test := range []struct {
		name, file, imported, use string
		wrong                     bool
	}{
		{"where it is allowed", "internal/store/store.go", catalog, "catalog.Open", false},
		{"elsewhere", "cmd/leat/main.go", catalog, "catalog.Open", true},
		{"by another name", "cmd/leat/main.go", "c " + catalog, "c.Open", true},
		{"in a test", "cmd/leat/main_test.go", catalog, "catalog.Open", false},
		{"another function", "cmd/leat/main.go", catalog, "catalog.ErrVanished", false},
		{"the whole catalog in a step", "pipeline/ingest/ingest.go", catalog, "catalog.Catalog", true},
		{"the whole catalog where its rooms are taken", "pipeline/ingest/ingest.go", catalog, "0\n\nfunc RoomsOf(c *catalog.Catalog) {}", false},
		{"the whole catalog above the steps", "internal/worker/worker.go", catalog, "catalog.Catalog", false},
		{"another package", "cmd/leat/main.go", `"example.org/catalog"`, "catalog.Open", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			wrong, err := misused(fstest.MapFS{test.file: source(test.imported, test.use)})
			if err != nil {
				t.Fatal(err)
			}
			if len(wrong) > 0 != test.wrong {
				t.Errorf("got %q", wrong)
			}
		})
	}
}
