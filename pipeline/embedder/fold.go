package embedder

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// accented holds the scripts whose marks are accents, or vowels that most writers leave out. In other scripts a mark
// makes another letter.
var accented = []*unicode.RangeTable{unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Hebrew, unicode.Arabic}

// plain replaces letters that include an accent or a second letter and have no decomposition.
var plain = map[rune]string{'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'æ': "ae", 'œ': "oe", 'ı': "i", 'ħ': "h", 'ŧ': "t"}

// compose returns a text in the form in which words are cut: composed, and with compatibility forms such as full-width
// letters and ligatures replaced (Unicode Standard Annex 15, form NFKC).
func compose(text string) string { return norm.NFKC.String(text) }

// folder folds words. It is for one goroutine.
type folder struct{ caser cases.Caser }

func newFolder() folder { return folder{cases.Fold()} }

func isASCII(word []byte) bool {
	for _, b := range word {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// fold returns a composed word without case and accents: Straße and STRASSE are strasse, naïve is naive. It may write
// to word.
func (f folder) fold(word []byte) []byte {
	if isASCII(word) {
		return word // the lexer has folded its case
	}
	word = norm.NFD.Bytes(f.caser.Bytes(word))
	out := make([]byte, 0, len(word))
	dropping := false
	for _, r := range string(word) {
		if unicode.Is(unicode.Mn, r) && dropping {
			continue
		}
		dropping = unicode.In(r, accented...)
		if letters, found := plain[r]; found {
			out = append(out, letters...)
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return norm.NFC.Bytes(out)
}
