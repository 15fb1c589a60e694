package embedder

import (
	"unicode"
	"unicode/utf8"
)

// maxIdent is the size of the longest identifier, in bytes after folding. A longer identifier, such as a key or an
// image in base64, is read as several.
const maxIdent = 128

// lexer reads the identifiers of a text, folds their case and splits them into parts. parseHTTPHeader,
// parse_http_header, PARSE_HTTP_HEADER and parse-http-header each have the parts parse, http and header, and are
// parsehttpheader as a whole. All characters except letters, marks and digits separate identifiers, and so do bytes
// that are not UTF-8. The lexer does not normalize Unicode: to it, a letter with a separate accent makes another word
// than the composed letter.
type lexer struct {
	text  string
	pos   int
	ident [maxIdent]byte  // the identifier, folded, without _ and -
	ends  [maxIdent]uint8 // the end of each part in ident
	size  int             // bytes used in ident
	parts int             // number of ends
	turns int             // the most turns between letters and digits in a row, without a gap
}

// keyTurns is the least number of turns between letters and digits that makes an identifier a key. Names have few, such
// as the three of v4l2 and of utf8to16le. A random number of 16 hexadecimal digits has seven on average, because 10 of
// its 16 digits are numerals.
const keyTurns = 6

// key reports whether the identifier is a number in hexadecimal or base64, a hash or a token. Its parts mean nothing.
func (l *lexer) key() bool { return l.turns >= keyTurns }

type class uint8

const (
	gap class = iota // between identifiers, or _ and - within one
	lower
	upper
	digit
	wide // a byte of a rune beyond ASCII
)

var classes = func() (table [256]class) {
	for b := range table {
		switch {
		case 'a' <= b && b <= 'z':
			table[b] = lower
		case 'A' <= b && b <= 'Z':
			table[b] = upper
		case '0' <= b && b <= '9':
			table[b] = digit
		case b >= utf8.RuneSelf:
			table[b] = wide
		}
	}
	return table
}()

// next reads one identifier into l, and reports whether there was one.
func (l *lexer) next() bool {
	text, pos := l.text, l.pos
	l.size, l.parts, l.turns = 0, 0, 0
	turns := 0
	for pos < len(text) && classes[text[pos]] == gap {
		pos++
	}
	prev := gap
	for pos < len(text) {
		b := text[pos]
		kind, width, r := classes[b], 1, rune(b)
		if kind == wide {
			kind, width, r = classify(text[pos:])
		}
		if kind == gap {
			if l.size > 0 && !joins(text, pos, prev) {
				break
			}
			pos, prev, turns = pos+width, gap, 0
			continue
		}
		if l.size+utf8.UTFMax > maxIdent {
			break
		}
		if l.size > 0 && splits(prev, kind, text[pos+width:]) {
			l.cut()
			if prev != gap && (prev == digit) != (kind == digit) {
				turns++
				l.turns = max(l.turns, turns)
			}
		}
		if r < utf8.RuneSelf {
			l.ident[l.size] = fold(b, kind)
			l.size++
		} else {
			l.size += utf8.EncodeRune(l.ident[l.size:], unicode.ToLower(r))
		}
		pos, prev = pos+width, kind
	}
	l.pos = pos
	if l.size > 0 {
		l.cut()
	}
	return l.size > 0
}

// cut ends a part.
func (l *lexer) cut() {
	l.ends[l.parts] = uint8(l.size)
	l.parts++
}

func fold(b byte, kind class) byte {
	if kind == upper {
		return b | 0x20
	}
	return b
}

func classify(text string) (class, int, rune) {
	r, width := utf8.DecodeRuneInString(text)
	switch {
	case r == utf8.RuneError:
		return gap, width, r
	case unicode.IsUpper(r):
		return upper, width, r
	case unicode.IsLetter(r), unicode.IsMark(r):
		return lower, width, r
	case unicode.IsDigit(r):
		return digit, width, r
	}
	return gap, width, r
}

// joins reports whether the byte at pos, a gap after a character of class prev, is inside an identifier: an
// underscore, or a hyphen between two letters.
func joins(text string, pos int, prev class) bool {
	switch text[pos] {
	case '_':
		return true
	case '-':
		if prev != lower && prev != upper || pos+1 == len(text) {
			return false
		}
		next := classes[text[pos+1]]
		return next == lower || next == upper
	}
	return false
}

// splits reports whether a part ends between a character of class prev and one of class kind. rest is the text after
// them.
func splits(prev, kind class, rest string) bool {
	switch {
	case prev == gap, prev == lower && kind == upper:
		return true
	case (prev == digit) != (kind == digit):
		return true
	case prev == upper && kind == upper:
		// The last capital of HTTPServer begins a word, but that of URLs does not.
		return len(rest) > 0 && classes[rest[0]] == lower && !pluralEnd(rest)
	}
	return false
}

// pluralEnd reports whether rest begins with an s that no lower-case letter follows.
func pluralEnd(rest string) bool {
	return rest[0] == 's' && (len(rest) == 1 || classes[rest[1]] != lower)
}

// stem removes the ending of a plural. It is the S stemmer of D. Harman, "How effective is suffixing?", JASIS 42(1),
// 1991: three rules that seldom conflate different words. It may write to word.
func stem(word []byte) []byte {
	n := len(word)
	if n < 4 || word[n-1] != 's' {
		return word
	}
	before, last := word[n-3], word[n-2]
	switch {
	case last == 'e' && before == 'i' && word[n-4] != 'e' && word[n-4] != 'a':
		word[n-3] = 'y'
		return word[:n-2]
	case last == 'e' && before != 'a' && before != 'e' && before != 'o':
		return word[:n-1]
	case last == 'e', last == 'u', last == 's':
		return word
	}
	return word[:n-1]
}
