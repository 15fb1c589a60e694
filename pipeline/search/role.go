package search

import (
	"path"
	"strings"

	"github.com/leatworks/leat/pipeline/embedder"
)

// role is the purpose of a file that is not the code itself. It is a set of bits.
type role uint8

const (
	roleTest    role = 1 << iota // tests, fixtures, mocks
	roleExample                  // examples, benchmarks, playgrounds
	roleProse                    // documentation
)

// askWords holds the words by which a query asks for a role. The singular "test" asks for none, because a library for
// tests is about tests.
var askWords = roles(map[role]string{
	roleTest:    "tests testcase testcases unittest specs fixture fixtures testdata",
	roleExample: "example examples demo demos sample samples tutorial tutorials benchmark benchmarks bench",
	roleProse:   "doc docs documentation readme changelog guide guides tutorial tutorials license contributing",
})

// directories holds names of directories that give a role to all files below.
var directories = roles(map[role]string{
	roleTest:    "test tests testing spec specs __tests__ e2e mock mocks __mocks__ fixture fixtures testdata testlib",
	roleExample: "example examples _examples demo demos sample samples docs_src sandbox bench benches benchmark benchmarks playground tutorial tutorials",
	roleProse:   "docs doc documentation website site",
})

// inDirectory holds words that give a role to a directory whose name has several words, such as unit-tests or
// testCommon.
var inDirectory = roles(map[role]string{
	roleTest:    "test tests testing spec",
	roleExample: "example examples sample samples benchmark benchmarks",
})

// firstInName and lastInName hold words that give a role to a file, as in test_mill.py, mill_test.go, MillTests.java
// and mill.spec.ts.
var (
	firstInName = roles(map[role]string{roleTest: "test tests conftest"})
	lastInName  = roles(map[role]string{
		roleTest:    "test tests testcase spec specs",
		roleExample: "benchmark bench example examples",
	})
)

// languages holds the languages of prose, as go-enry names them.
var languages = map[string]role{
	"Markdown": roleProse, "reStructuredText": roleProse, "AsciiDoc": roleProse, "Text": roleProse, "MDX": roleProse, "Org": roleProse,
	"RMarkdown": roleProse, "HTML": roleProse, "Textile": roleProse, "RDoc": roleProse, "Gettext Catalog": roleProse, "": roleProse,
}

// roles turns lists of words by role into a map of roles by word.
func roles(lists map[role]string) map[string]role {
	all := make(map[string]role)
	for r, list := range lists {
		for word := range strings.FieldsSeq(list) {
			all[word] |= r
		}
	}
	return all
}

// roleOf returns the roles of the file at a path by its name and directories.
func roleOf(of string) role {
	dir, name := path.Split(of)
	return roleOfDir(dir) | roleOfName(embedder.Words(name, maxWords))
}

// roleOfDir returns the roles of the files in a directory.
func roleOfDir(dir string) (r role) {
	for part := range strings.SplitSeq(dir, "/") {
		r |= directories[strings.ToLower(part)]
		if words := embedder.Words(part, maxWords); len(words) > 1 {
			for _, w := range words {
				r |= inDirectory[w]
			}
		}
	}
	return r
}

// roleOfName returns the roles of a file by the words of its name.
func roleOfName(words []string) (r role) {
	if len(words) > 1 {
		words = words[:len(words)-1] // without the ending
	}
	if len(words) > 0 {
		r |= firstInName[words[0]] | lastInName[words[len(words)-1]]
	}
	return r
}
