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
	Name               string // with the names that lead to it: Mill > open
	StartLine, EndLine int    // of the file, from 1, included
}

// Symbols are definitions as one text, so that a store keeps one value and nobody
// reads it before it is needed: a line "12 20 Mill > open" for each.
type Symbols string

// NewSymbols lists definitions.
func NewSymbols(list []Symbol) Symbols {
	lines := make([]string, len(list))
	for i, s := range list {
		lines[i] = fmt.Sprintf("%d %d %s", s.StartLine, s.EndLine, strings.ReplaceAll(s.Name, "\n", " "))
	}
	return Symbols(strings.Join(lines, "\n"))
}

// All yields the definitions in the order of the list. It leaves out a line that
// NewSymbols does not write.
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

// Names yields the names by which a definition is asked for: with the names that
// lead to it, without them, and without its type or namespace. A heading is no list
// of names.
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

// Named says whether a definition goes by a name, in any form of Unicode.
func (s Symbol) Named(name string) bool {
	name = norm.NFC.String(name)
	for own := range s.Names() {
		if norm.NFC.String(own) == name {
			return true
		}
	}
	return false
}

// between stands between the names that lead to a definition.
const between = " > "

// Names are all names of the definitions in a chunk, each once, composed (NFC). A
// store compares them with those of a [Filter].
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

// composed are names in the form in which they are compared.
func composed(names []string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = norm.NFC.String(name)
	}
	return list
}
