package search

import (
	"slices"
	"strings"
)

// little are words of sentences that say nothing of what is asked for.
var little = strings.Fields(`a an and any are as at be been before after between by can could did do does during each every for from get gets has have how if in
into is it its many much must not of off on one only or other out over same should so some than that the their them then there these they this those through to
under until up upon use used uses was we were what when where which while who whose why will with without would you your`)

// Names compares the names of definitions with a question.
type Names struct {
	words []word
	asks  role
}

// NewNames reads a question.
func NewNames(question string) Names {
	q := newQuestion(question)
	n := Names{asks: q.asks}
	for _, w := range q.words {
		if len(w.text) > 2 && !slices.Contains(little, w.text) {
			n.words = append(n.words, w)
		}
	}
	return n
}

// Of returns the question's words, as bits, that a name holds, and the share of the name's
// words that they are.
func (n Names) Of(name string) (held uint64, share float64) {
	list := wordsOf(name, maxWords)
	met := 0
	for _, w := range list {
		if i := slices.IndexFunc(n.words, w.related); i >= 0 {
			held |= 1 << i
			met++
		}
	}
	return held, float64(met) / float64(max(1, len(list)))
}

// Aside says whether a file is for tests, examples or prose, for none of which the
// question asks.
func (n Names) Aside(path string) bool { return roleOf(path)&^n.asks != 0 }
