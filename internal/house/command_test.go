package house_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// Packages below pipeline/ say what happened. Only the skins know which commands, routes or tools
// help.
func TestPipelineNamesNoCommands(t *testing.T) {
	named, err := namedCommands(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range named {
		t.Errorf("%s; let cmd/leat/explain.go name it", n)
	}
}

// namedCommands returns a line for each string below pipeline/ that names a
// command of leat. The commands are those with a file of their own, cmd_dead.go
// and the like.
func namedCommands(tree fs.FS) (named []string, err error) {
	sources, err := fs.Glob(tree, "cmd/leat/cmd_*.go")
	if err != nil {
		return nil, err
	}
	words := []string{"help"}
	for _, source := range sources {
		word, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(path.Base(source), ".go"), "cmd_"), "_")
		words = append(words, word)
	}
	slices.Sort(words)
	command := regexp.MustCompile(`\bleat (` + strings.Join(slices.Compact(words), "|") + `)\b`)
	err = walkGo(tree, func(name string) error {
		if !strings.HasPrefix(name, "pipeline/") || strings.HasSuffix(name, "_test.go") {
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
		ast.Inspect(file, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
				if found := command.FindString(text.Value); found != "" {
					named = append(named, fmt.Sprintf("%s names %q", files.Position(text.Pos()), found))
				}
			}
			return true
		})
		return nil
	})
	return named, err
}

func TestNamedCommandsAreFound(t *testing.T) {
	source := func(text string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("package p\n\n// See 'leat dead list'.\nconst text = `" + text + "`\n")}
	}
	for _, test := range []struct {
		file, text string
		named      bool
	}{
		{"pipeline/catalog/letter.go", "run 'leat dead retry' then", true},
		{"pipeline/run.go", "run 'leat sync approve' then", true},
		{"pipeline/run.go", "allow leat to make it", false},
		{"pipeline/run.go", "leat deadens it", false},
		{"pipeline/run_test.go", "leat dead list", false},
		{"cmd/leat/cmd_dead.go", "leat dead list", false},
	} {
		named, err := namedCommands(fstest.MapFS{
			"cmd/leat/cmd_dead.go": source(""), "cmd/leat/cmd_sync_approve.go": source(""), test.file: source(test.text),
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(named) > 0 != test.named {
			t.Errorf("%s with %q: got %q", test.file, test.text, named)
		}
	}
}
