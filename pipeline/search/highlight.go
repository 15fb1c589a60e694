package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/leatworks/leat/pipeline/embedder"
)

// Matcher finds a query's words in texts, as the sparse ranking does. It finds whole identifiers and parts of them, in
// any case and number. It leaves out little words, such as "the", if the query has other words.
type Matcher struct{ query terms }

// NewMatcher reads the query.
func NewMatcher(query string) Matcher {
	telling := slices.DeleteFunc(strings.Fields(query), func(word string) bool { return slices.Contains(little, strings.ToLower(word)) })
	if len(telling) > 0 {
		query = strings.Join(telling, " ")
	}
	return Matcher{termsOf(query)}
}

// Matches returns the ranges of line that match, in bytes and in order.
func (m Matcher) Matches(line string) [][2]int {
	var found [][2]int
	start := -1
	for i, r := range line + " " {
		inside := unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || r == '_'
		switch {
		case inside && start < 0:
			start = i
		case !inside && start >= 0:
			found = m.identifier(found, line, start, i)
			start = -1
		}
	}
	return found
}

// identifier adds the matches in the identifier line[start:end]: the whole, or parts of it.
func (m Matcher) identifier(found [][2]int, line string, start, end int) [][2]int {
	own := termsIn(line[start:end])
	switch shared := m.query.shared(own); {
	case shared == 0:
		return found
	case shared == len(own):
		return append(found, [2]int{start, end})
	}
	before := len(found)
	for _, part := range parts(line[start:end]) {
		if r, _ := utf8.DecodeRuneInString(line[start+part[0]:]); embedder.Unspaced(r) {
			found = m.pairs(found, line, start+part[0], start+part[1])
			continue
		}
		if m.query.shared(termsIn(line[start+part[0]:start+part[1]])) > 0 {
			found = append(found, [2]int{start + part[0], start + part[1]})
		}
	}
	if len(found) == before { // the index cuts the identifier into other parts
		return append(found, [2]int{start, end})
	}
	return found
}

// pairs adds the matches in line[start:end], whose script has no blanks. A match is a letter that is in the query,
// alone or with a neighbour.
func (m Matcher) pairs(found [][2]int, line string, start, end int) [][2]int {
	mark := func(from, to int) {
		if m.query.shared(termsOf(line[from:to])) == 0 {
			return
		}
		if last := len(found) - 1; last >= 0 && from <= found[last][1] && found[last][0] >= start {
			found[last][1] = to
			return
		}
		found = append(found, [2]int{from, to})
	}
	before := start
	for at := range line[start:end] {
		at += start
		_, size := utf8.DecodeRuneInString(line[at:])
		if at > start {
			mark(before, at+size)
		}
		mark(at, at+size)
		before = at
	}
	return found
}

// parts cuts an identifier at digits, at underscores, and where its case or its script changes.
func parts(word string) [][2]int {
	var cut [][2]int
	runes := []rune(word)
	start, at := 0, 0
	for i, r := range runes {
		if i > 0 && starts(runes, i) {
			cut = append(cut, [2]int{start, at})
			start = at
		}
		at += len(string(r))
	}
	cut = append(cut, [2]int{start, len(word)})
	return slices.DeleteFunc(cut, func(p [2]int) bool { return word[p[0]:p[1]] == "_" })
}

func starts(runes []rune, i int) bool {
	before, r := runes[i-1], runes[i]
	switch {
	case embedder.Unspaced(before) != embedder.Unspaced(r), before == '_' || r == '_', unicode.IsDigit(before) != unicode.IsDigit(r), unicode.IsLower(before) && unicode.IsUpper(r):
		return true
	}
	return unicode.IsUpper(before) && unicode.IsUpper(r) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
}
