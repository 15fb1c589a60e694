package vector

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Symbol is a definition in a chunk.
type Symbol struct {
	Name               string // includes its owners: Mill > open
	StartLine, EndLine int    // lines of the file, from 1, both inclusive
}

// Symbols holds definitions as one text, with a line such as "12 20 Mill > open" for each. So a store keeps one value,
// and nobody parses it before it is needed.
type Symbols string

// NewSymbols makes Symbols of a list of definitions.
func NewSymbols(list []Symbol) Symbols {
	lines := make([]string, len(list))
	for i, s := range list {
		lines[i] = fmt.Sprintf("%d %d %s", s.StartLine, s.EndLine, strings.ReplaceAll(s.Name, "\n", " "))
	}
	return Symbols(strings.Join(lines, "\n"))
}

// All yields the definitions in the order of the list. It leaves out lines that NewSymbols would not write.
func (s Symbols) All() iter.Seq[Symbol] {
	return func(yield func(Symbol) bool) {
		for line := range strings.SplitSeq(string(s), "\n") {
			first, rest, _ := strings.Cut(line, " ")
			last, name, _ := strings.Cut(rest, " ")
			start, err := strconv.Atoi(first)
			end, err2 := strconv.Atoi(last)
			if err == nil && err2 == nil && name != "" && !yield(Symbol{name, start, end}) {
				return
			}
		}
	}
}

// Names yields the names by which a reader may ask for a definition: with its owners, without them, and without its
// type or namespace. A heading is not a list of names.
func (s Symbol) Names() iter.Seq[string] {
	return func(yield func(string) bool) {
		bare := s.Name
		if i := strings.LastIndex(bare, between); i >= 0 {
			bare = bare[i+len(between):]
		}
		last := bare
		if !strings.Contains(bare, " ") {
			last = bare[strings.LastIndexAny(bare, ".:#\\")+1:]
		}
		_ = yield(s.Name) && (bare == s.Name || yield(bare)) && (last == bare || last == "" || yield(last))
	}
}

// Named reports whether a definition goes by a name, in any Unicode form.
func (s Symbol) Named(name string) bool {
	name = norm.NFC.String(name)
	for own := range s.Names() {
		if norm.NFC.String(own) == name {
			return true
		}
	}
	return false
}

// between stands between a definition and its owner.
const between = " > "

// Names returns all names of the definitions in a chunk, each once and composed (NFC). A store compares them with the
// names in a [Filter].
func (p *Payload) Names() []string {
	var list []string
	for s := range p.Symbols.All() {
		for name := range s.Names() {
			list = append(list, norm.NFC.String(name))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// composed returns names in the form in which they are compared.
func composed(names []string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = norm.NFC.String(name)
	}
	return list
}
