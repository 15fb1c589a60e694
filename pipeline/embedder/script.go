package embedder

import (
	"unicode"
	"unicode/utf8"
)

// unspaced holds the scripts in which no blank ends a word, and Hangul, whose words carry their particles.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo, unicode.Hangul,
	unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
}

const (
	firstUnspaced = 'ก' // the smallest code point of these scripts, which is Thai
	longVowel     = 'ー' // prolongs the vowel before it, and belongs to no script
)

// Unspaced reports whether a letter is of a script without blanks. [Terms] reads such letters in pairs.
func Unspaced(r rune) bool {
	return r >= firstUnspaced && (r == longVowel || unicode.In(r, unspaced...))
}

// cutScript splits a text after its longest beginning that is in unspaced scripts throughout or not at all. A mark
// belongs to the letter before it.
func cutScript(text string) (part, rest string, pairs bool) {
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		is := Unspaced(r) || pairs && unicode.IsMark(r)
		if i > 0 && is != pairs {
			return text[:i], text[i:], pairs
		}
		pairs = is
		i += size
	}
	return text, "", pairs
}

// addPairs counts every two letters in a row of a text in unspaced scripts, and returns their number. It counts a
// single letter if that is the whole text or if singles are wanted, so that a query of one letter finds longer words.
func (t *table) addPairs(text string, singles bool) int {
	n, before, start := 0, 0, 0 // before is where the previous letter begins, start where this one does
	for start < len(text) {
		end := start + unitLen(text[start:])
		if singles || end == len(text) && start == 0 {
			t.add(hashLetters([]byte(text[start:end])))
		}
		if start > 0 {
			t.add(hashLetters([]byte(text[before:end])))
			n++
		}
		before, start = start, end
	}
	return max(n, 1)
}

// unitLen is the length of a letter with the marks that follow it.
func unitLen(text string) int {
	for i, r := range text {
		if i > 0 && !unicode.IsMark(r) {
			return i
		}
	}
	return len(text)
}
