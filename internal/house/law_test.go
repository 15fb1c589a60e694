package house_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const lawsPage = "docs/laws.md"

// The laws are numbered from 1 to laws.
const laws = 16

func TestLaws(t *testing.T) {
	wrong, err := checkLaws(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wrong {
		t.Error(w)
	}
}

var (
	lawHeading  = regexp.MustCompile(`^## Law (\d+): `)
	lawPackage  = regexp.MustCompile("^- `([^`]+)` ")
	testName    = regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`)
	testDeclare = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	suiteTest   = regexp.MustCompile(`(?m)^func test(\w+)\(`)
	lawCited    = regexp.MustCompile(`\b[Ll]aw (\d+)\b`)
)

// checkLaws returns a line for each law without a test, for each test that the page names but its
// package (or a package below it) lacks, and for each law that a Go file cites but the page does
// not state.
func checkLaws(tree fs.FS) ([]string, error) {
	page, err := fs.ReadFile(tree, lawsPage)
	if err != nil {
		return nil, err
	}
	tests, cited, err := testsAndCitations(tree)
	if err != nil {
		return nil, err
	}
	var wrong []string
	law, dir := 0, ""
	named := make(map[int]int)
	for line := range strings.Lines(string(page)) {
		if m := lawHeading.FindStringSubmatch(line); m != nil {
			if m[1] != strconv.Itoa(law+1) {
				wrong = append(wrong, fmt.Sprintf("%s: law %s stands after law %d", lawsPage, m[1], law))
			}
			law, dir = law+1, ""
		}
		if m := lawPackage.FindStringSubmatch(line); m != nil {
			dir = m[1]
		} else if !strings.HasPrefix(line, "  ") {
			dir = ""
		}
		if dir == "" {
			continue
		}
		for _, name := range testName.FindAllString(line, -1) {
			named[law]++
			if !slices.ContainsFunc(tests[name], func(of string) bool { return of == dir || strings.HasPrefix(of, dir+"/") }) {
				wrong = append(wrong, fmt.Sprintf("%s: law %d: %s has no %s; name the test that fails when the law is broken",
					lawsPage, law, dir, name))
			}
		}
	}
	if law != laws {
		wrong = append(wrong, fmt.Sprintf("%s: the last law is %d, want %d", lawsPage, law, laws))
	}
	for n := 1; n <= law; n++ {
		if named[n] == 0 {
			wrong = append(wrong, fmt.Sprintf("%s: law %d names no test", lawsPage, n))
		}
	}
	for _, c := range cited {
		if c.law < 1 || c.law > law {
			wrong = append(wrong, fmt.Sprintf("%s cites law %d, which %s does not state", c.file, c.law, lawsPage))
		}
	}
	return wrong, nil
}

type citation struct {
	file string
	law  int
}

// testsAndCitations returns the packages that hold a test of each name, and the
// laws that Go files cite. A package such as vectortest is a suite: it holds the
// test TestX as the function testX.
func testsAndCitations(tree fs.FS) (map[string][]string, []citation, error) {
	tests := make(map[string][]string)
	var cited []citation
	err := walkGo(tree, func(name string) error {
		source, err := fs.ReadFile(tree, name)
		if err != nil || path.Dir(name) == "internal/house" {
			return err
		}
		for _, m := range lawCited.FindAllSubmatch(source, -1) {
			n, _ := strconv.Atoi(string(m[1]))
			cited = append(cited, citation{name, n})
		}
		if strings.HasSuffix(path.Dir(name), "test") {
			for _, m := range suiteTest.FindAllSubmatch(source, -1) {
				tests["Test"+string(m[1])] = append(tests["Test"+string(m[1])], path.Dir(name))
			}
		}
		if !strings.HasSuffix(name, "_test.go") {
			return nil
		}
		for _, m := range testDeclare.FindAllSubmatch(source, -1) {
			tests[string(m[1])] = append(tests[string(m[1])], path.Dir(name))
		}
		return nil
	})
	return tests, cited, err
}

func TestLawsAreChecked(t *testing.T) {
	page := ""
	for n := 1; n <= laws; n++ {
		page += fmt.Sprintf("## Law %d: it holds\n\nTestOfNoPackage is prose.\n\n- `p` TestOne,\n  TestTwo\n\n", n)
	}
	for _, test := range []struct{ name, old, new, want string }{
		{"as it is", "", "", ""},
		{"no such test", "TestTwo", "TestThree", "p has no TestThree"},
		{"another package's test", "- `p` TestOne", "- `q` TestOne", "q has no TestOne"},
		{"a test of a suite", "TestTwo", "TestOfSuite", ""},
		{"a room above", "- `p` TestOne", "- `p/room` TestOne", "p/room has no TestOne"},
		{"a law without tests", "- `p` TestOne,\n  TestTwo", "none", "law 1 names no test"},
		{"a law too many", "## Law 16", "## Law 18", "law 18 stands after law 15"},
		{"a law too few", "## Law 16", "## Rule 16", "the last law is 15"},
	} {
		t.Run(test.name, func(t *testing.T) {
			wrong, err := checkLaws(fstest.MapFS{
				lawsPage:           {Data: []byte(strings.Replace(page, test.old, test.new, 1))},
				"p/p_test.go":      {Data: []byte("package p\n\n// Law 15.\nfunc TestOne(t *testing.T) {}\n")},
				"p/room/r_test.go": {Data: []byte("package r\n\nfunc TestTwo(t *testing.T) {}\n")},
				"p/ptest/suite.go": {Data: []byte("package ptest\n\nfunc testOfSuite(t *testing.T) {}\n")},
				"q/q.go":           {Data: []byte("package q\n\n// It keeps law 4.\n")},
			})
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(wrong, "\n")
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	wrong, err := checkLaws(fstest.MapFS{
		lawsPage: {Data: []byte("")},
		"q/q.go": {Data: []byte("package q\n\n// It keeps law 17.\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(wrong, "\n"); !strings.Contains(got, "q/q.go cites law 17") {
		t.Errorf("got %q", got)
	}
}
