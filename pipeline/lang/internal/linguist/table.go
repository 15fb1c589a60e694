package linguist

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/go-enry/go-enry/v2/data/rule"
	"github.com/go-enry/go-enry/v2/regex"
)

//go:generate go test -run TestTablesAreGoEnrys -update

// entry holds the languages of a key, which is an extension, a file's name or an interpreter. The tables are sorted by
// key and lie in the binary as they are. A map or a compiled pattern would be built at the start of every process.
type entry struct {
	key       string
	languages []string
}

// find returns the languages of a key.
func find(table []entry, key string) ([]string, bool) {
	i, found := slices.BinarySearchFunc(table, key, func(e entry, key string) int { return strings.Compare(e.key, key) })
	if !found {
		return nil, false
	}
	return table[i].languages, true
}

// named is a name and what it stands for.
type named[T any] struct {
	name string
	is   T
}

func look[T any](table []named[T], name string) (is T, found bool) {
	i, found := slices.BinarySearchFunc(table, name, func(n named[T], name string) int { return strings.Compare(n.name, name) })
	if found {
		is = table[i].is
	}
	return is, found
}

// condition is a condition on a file's content, as in go-enry's package data/rule.
type condition struct {
	op        operation
	languages []string // the file's languages if the condition holds
	pattern   string   // for match
	of        []condition
}

type operation int

const (
	match  operation = iota // the pattern matches
	ruby                    // a pattern that Go cannot read
	either                  // its only condition holds
	all                     // each condition holds
	none                    // no condition holds
	always
)

// matcher compiles the patterns in a condition.
func (c condition) matcher() rule.Matcher {
	switch c.op {
	case match:
		return guard(c.pattern)
	case ruby:
		return regex.MustCompileRuby(c.pattern)
	default:
		return c.heuristic()
	}
}

func (c condition) heuristic() rule.Heuristic {
	languages := rule.MatchingLanguages(c.languages...)
	of := make([]rule.Matcher, len(c.of))
	for i, part := range c.of {
		of[i] = part.matcher()
	}
	switch c.op {
	case either:
		return rule.Or(languages, of[0])
	case all:
		return rule.And(languages, of...)
	case none:
		return rule.Not(languages, of...)
	default:
		return rule.Always(languages)
	}
}

// compiled holds the heuristics that have been needed so far, by extension.
var compiled sync.Map

// heuristics returns the conditions for an extension, in order.
func heuristics(extension string) []rule.Heuristic {
	if known, ok := compiled.Load(extension); ok {
		return known.([]rule.Heuristic)
	}
	conditions, found := look(contents, extension)
	if !found {
		return nil
	}
	list := make([]rule.Heuristic, len(conditions))
	for i, c := range conditions {
		list[i] = c.heuristic()
	}
	known, _ := compiled.LoadOrStore(extension, list)
	return known.([]rule.Heuristic)
}

// byContents returns the languages of the first condition for an extension that the content meets.
func byContents(extension string, content []byte) (languages []string) {
	for _, h := range heuristics(extension) {
		if !h.Match(content) {
			continue
		}
		for _, alias := range h.Languages() {
			if language, ok := GetLanguageByAlias(alias); ok {
				languages = append(languages, language)
			}
		}
		break
	}
	return languages
}

// documents holds the patterns of paths of documentation.
var documents = sync.OnceValue(func() (list []*regexp.Regexp) {
	for _, pattern := range documentation {
		list = append(list, regexp.MustCompile(pattern))
	}
	return list
})

// Languages lists the languages that have extensions, in order.
func Languages() (names []string) {
	for _, e := range extensions {
		names = append(names, e.languages...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Vendored returns linguist's patterns for paths of foreign code.
func Vendored() []string { return vendored[:] }

// lazily returns a pattern that is compiled when it is first needed.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
