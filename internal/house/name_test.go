package house_test

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// A test file carries the name of the source file that it tests, or of its
// package where it tests the whole: fetch_test.go, or fetch_http_test.go where
// one source file has several. main_test.go holds TestMain and what the tests
// of a package share, example_test.go the examples of its documentation.
func TestNamesOfTestFiles(t *testing.T) {
	wrong, err := strayTests(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range wrong {
		t.Errorf("%s is named after no source file; call it SOURCE_test.go or SOURCE_SUBJECT_test.go", name)
	}
}

// strayTests returns the test files that carry no source file's name. A package
// of tests alone has no source file but doc.go, and names them as it likes.
func strayTests(tree fs.FS) ([]string, error) {
	sources, tests := make(map[string][]string), make(map[string][]string)
	err := walkGo(tree, func(name string) error {
		dir := path.Dir(name)
		if stem, ok := strings.CutSuffix(path.Base(name), "_test.go"); ok {
			tests[dir] = append(tests[dir], stem)
		} else if path.Base(name) != "doc.go" {
			sources[dir] = append(sources[dir], strings.TrimSuffix(path.Base(name), ".go"))
		}
		return nil
	})
	var wrong []string
	for dir, stems := range tests {
		if len(sources[dir]) == 0 {
			continue
		}
		for _, stem := range stems {
			named := func(source string) bool { return stem == source || strings.HasPrefix(stem, source+"_") }
			if stem != "main" && stem != "example" && !named(path.Base(dir)) && !slices.ContainsFunc(sources[dir], named) {
				wrong = append(wrong, path.Join(dir, stem+"_test.go"))
			}
		}
	}
	slices.Sort(wrong)
	return wrong, err
}

func TestStrayTestsAreFound(t *testing.T) {
	tree := make(fstest.MapFS)
	for _, name := range []string{
		"git/fetch.go", "git/fetch_test.go", "git/fetch_http_test.go", "git/git_bench_test.go", "git/main_test.go",
		"git/http_test.go", "git/fetching_test.go", "e2e/doc.go", "e2e/kill_test.go",
	} {
		tree[name] = &fstest.MapFile{Data: []byte("package p\n")}
	}
	wrong, err := strayTests(tree)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"git/fetching_test.go", "git/http_test.go"}; !slices.Equal(wrong, want) {
		t.Errorf("got %q, want %q", wrong, want)
	}
}
