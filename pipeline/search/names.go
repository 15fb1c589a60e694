package search

import (
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/leatworks/leat/pipeline/embedder"
)

// little holds words of sentences that say nothing about what is asked for.
var little = strings.Fields(`a an and any are as at be been before after between by can could did do does during each every for from get gets has have how if in
into is it its many much must not of off on one only or other out over same should so some than that the their them then there these they this those through to
under until up upon use used uses was we were what when where which while who whose why will with without would you your`)

// filling holds further words that only make a question a sentence. Unlike little words, they may be parts of names.
var filling = strings.Fields(`happen happens happened instead like such way ways because although but given gives more less several another again itself exactly actually`)

// Names compares the names of definitions with a question.
type Names struct {
	words []word
	asks  role
	kin   map[string]uint64 // by a word's text: the words to which it is related, as bits
}

// NewNames reads a question.
func NewNames(question string) Names {
	q := newQuestion(question)
	n := Names{asks: q.asks, kin: make(map[string]uint64)}
	for _, w := range q.words {
		if len(w.text) > 2 && !slices.Contains(little, w.text) && !slices.Contains(filling, w.text) {
			n.words = append(n.words, w)
		}
	}
	return n
}

// Of returns the question's words that a name holds, as bits, and their share of the name's words.
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

// MaxNames bounds the words of a question that are compared.
const MaxNames = maxWords

// In returns the question's words that a text holds, as bits.
func (n Names) In(text string) uint64 {
	held, _ := n.Count(text, nil)
	return held
}

// Count returns the question's words that a text holds, as bits, and the number of words in the text. Unless counts is
// nil, Count also adds to it how often the text holds each of the question's words.
func (n Names) Count(text string, counts *[MaxNames]int) (held uint64, words int) {
	list := embedder.Words(text, math.MaxInt)
	for _, w := range list {
		kin := n.related(w)
		held |= kin
		for ; kin != 0 && counts != nil; kin &= kin - 1 {
			counts[bits.TrailingZeros64(kin)]++
		}
	}
	return held, len(list)
}

// related returns the question's words to which a word is related, as bits.
func (n Names) related(text string) uint64 {
	kin, known := n.kin[text]
	if !known {
		w := newWord(text)
		for i := range n.words {
			if n.words[i].related(w) {
				kin |= 1 << i
			}
		}
		n.kin[text] = kin
	}
	return kin
}

// Plain returns the question without the words that only make it a sentence.
func (n Names) Plain() string {
	texts := make([]string, len(n.words))
	for i, w := range n.words {
		texts[i] = w.text
	}
	return strings.Join(texts, " ")
}

// forms holds endings of words. Code may have one where the question has another.
var forms = strings.Fields("e s ed ing er ion")

// Forms returns the words of [Names.Plain], each with the forms that it may have in code.
func (n Names) Forms() string {
	var texts []string
	for _, w := range n.words {
		texts = append(texts, w.text)
		if len(w.stem) < shortestStem {
			continue
		}
		texts = append(texts, w.stem)
		for _, ending := range forms {
			texts = append(texts, w.stem+ending)
		}
	}
	return strings.Join(texts, " ")
}

// Aside reports whether a file is for tests, examples or prose, and the question does not ask for that.
func (n Names) Aside(path, language string) bool {
	return (roleOf(path)|languages[language])&^n.asks != 0
}

// Tests reports whether the question asks for tests.
func (n Names) Tests() bool { return n.asks&roleTest != 0 }
