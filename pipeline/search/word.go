package search

import (
	"strings"

	"github.com/leatworks/leat/pipeline/embedder"
)

// maxWords bounds the words of a query, a path or a name that are compared. It is 64, so that the bits of one number
// can be a set of a query's words.
const maxWords = 64

// word is a part of an identifier or a path, or a word of a sentence.
type word struct{ text, stem string }

func newWord(text string) word { return word{text, stem(text)} }

// wordsOf returns at most limit words of a text, as the index reads them. parseHTTPHeader2 has the words parse, http,
// header and 2.
func wordsOf(text string, limit int) []word {
	texts := embedder.Words(text, limit)
	list := make([]word, len(texts))
	for i, text := range texts {
		list[i] = newWord(text)
	}
	return list
}

// The lengths, in bytes, of the shortest word that may be the beginning of another, and of the shortest stem that may
// remain without an ending.
const (
	shortestBeginning = 4
	shortestStem      = 3
)

// related reports whether two words differ only in an ending (logger, logging), or one begins the other (config,
// configuration).
func (w word) related(other word) bool {
	if w.stem == other.stem {
		return true
	}
	short, long := w.text, other.text
	if len(short) > len(long) {
		short, long = long, short
	}
	return len(short) >= shortestBeginning && strings.HasPrefix(long, short)
}

// endings holds endings of English words. An ending that ends in another comes before that other.
var endings = strings.Fields(`izations ization ations ation izers izer ized izes izing ize ators ator ating ated ates ate
ions ion ings ing ers er ors or ies ed es ments ment able ible al ive ity y s e`)

// byLast holds the endings that end in each letter, in their order.
var byLast = func() (table [256][]string) {
	for _, ending := range endings {
		last := ending[len(ending)-1]
		table[last] = append(table[last], ending)
	}
	return table
}()

// stem removes an ending. Words with the same stem need not mean the same, but names of files are few enough for that.
func stem(text string) string {
	if text == "" {
		return text
	}
	for _, ending := range byLast[text[len(text)-1]] {
		if len(text)-len(ending) >= shortestStem && strings.HasSuffix(text, ending) {
			text = text[:len(text)-len(ending)]
			break
		}
	}
	if n := len(text); n > shortestStem && text[n-1] == text[n-2] && text[n-1] != 's' && text[n-1] < 0x80 {
		text = text[:n-1] // "logg" becomes "log"
	}
	return text
}
