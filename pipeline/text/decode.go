package text

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Version of the decoding. Raise it with every change that gives any file
// another text.
const Version = 3

// Refusal says why bytes are not text.
type Refusal struct {
	// Binary says that the bytes are no text at all. Otherwise their encoding
	// cannot be determined.
	Binary bool
	Why    string // for people
}

// Decode returns the text of content as UTF-8, and the encoding of content. The
// text of UTF-8 is content itself. hint is the encoding that the repository
// names for the file, or "". For content that is not UTF-8, the hint is tried
// first, then the encoding that the file itself declares.
func Decode(content []byte, hint string) (text []byte, in Encoding, refused *Refusal) {
	nul := bytes.IndexByte(content, 0)
	if nul < 0 && utf8.Valid(content) {
		return content, UTF8, nil
	}
	var meant []Encoding // as the repository or the file itself says
	for _, name := range []string{hint, declared(content)} {
		if in, known := named(name); known && (nul >= 0 || !in.isWide()) { // the repository may mean the working tree alone
			if text, ok := in.decode(content); ok && isText(text) {
				return text, in, nil
			}
			meant = append(meant, in)
		}
	}
	if nul >= 0 || isMarked(content) {
		if text, in, ok := decodeWide(content); ok {
			return text, in, nil
		}
		meant = append(meant, marked...)
	}
	if n := controls(content); nul < 0 && n > len(content)/64 {
		return nil, "", &Refusal{true, fmt.Sprintf("%d control characters, and not UTF-8", n)}
	}
	var repaired []byte
	strays := len(content)
	if nul < 0 || fewNULs(content) { // most binaries have more, and are read no further
		repaired, strays, _ = UTF8.repair(content)
	}
	if nul < 0 && multibyte(repaired) >= 4*strays {
		return repaired, Repaired, nil
	}
	for _, in := range meant {
		if text, strays, ok := in.repair(content); ok && few(strays, content) && isText(text) && (!in.isWide() || !mostlyForeign(text)) {
			return text, in.repaired(), nil
		}
	}
	if nul < 0 {
		return guess(content, repaired, strays)
	}
	if repaired != nil && few(strays, content) && isText(repaired) {
		return repaired, Repaired, nil
	}
	return nil, "", &Refusal{true, fmt.Sprintf("a NUL at byte %d", nul)}
}

// guess reads a text in an encoding that nothing declares.
func guess(content, repaired []byte, strays int) (text []byte, in Encoding, refused *Refusal) {
	var found []Encoding
	for _, in := range []Encoding{ShiftJIS, GB18030, Windows1252} {
		if as, ok := in.decode(content); ok && isText(as) && in.likely(content, as) {
			found, text = append(found, in), as
		}
	}
	switch {
	case len(found) == 1:
		return text, found[0], nil
	case few(strays, content):
		return repaired, Repaired, nil
	case len(found) == 0:
		return nil, "", &Refusal{false, "not UTF-8, and like no other encoding that is read"}
	}
	return nil, "", &Refusal{false, fmt.Sprintf("not UTF-8, and both %s and %s could be meant", found[0], found[1])}
}

const (
	maxStrays = 32  // bytes of a text among which one may be stray, if no other encoding fits
	minNUL    = 64  // bytes of the shortest text in which one may be a NUL
	maxNUL    = 512 // bytes of a text among which one may be a NUL
)

func few(strays int, content []byte) bool { return strays <= max(1, len(content)/maxStrays) }

func fewNULs(content []byte) bool {
	return len(content) >= minNUL && bytes.Count(content, []byte{0}) <= max(1, len(content)/maxNUL)
}

// repair replaces each byte that the encoding does not have by a question mark, and counts
// them. A text in UTF-8 keeps its length, so places in it are places in the file.
func (in Encoding) repair(content []byte) (text []byte, strays int, ok bool) {
	if in = in.plain(); in == UTF8 {
		text = bytes.Clone(content)
		for at := 0; at < len(text); {
			r, size := utf8.DecodeRune(text[at:])
			if r == 0 || r == utf8.RuneError && size == 1 {
				text[at] = '?'
				strays++
			}
			at += size
		}
		return text, strays, true
	}
	body, ok := bytes.CutPrefix(content, in.mark())
	if !ok {
		return nil, 0, false
	}
	text, err := in.codec().NewDecoder().Bytes(body)
	if err != nil {
		return nil, 0, false
	}
	text = bytes.Map(func(r rune) rune {
		if r == 0 || r == utf8.RuneError || isControl(r) {
			strays++
			return '?'
		}
		return r
	}, text)
	return text, strays, true
}

// multibyte counts the characters of a text outside ASCII.
func multibyte(text []byte) int { return utf8.RuneCount(text) - asciiIn(text) }

// controls counts control characters that do not occur in texts. Text in other
// encodings has hardly any; a tenth of compressed or encrypted bytes are such
// characters.
func controls(content []byte) int {
	n := 0
	for _, b := range content {
		if b < ' ' && (b < '\b' || b > '\r') && b != 0x1b || b == 0x7f {
			n++
		}
	}
	return n
}

// isControl says whether a character is one of the controls C1.
func isControl(r rune) bool { return 0x80 <= r && r < 0xa0 }

// isText refuses decodings with characters that no text has.
func isText(text []byte) bool {
	odd := 0
	for _, r := range string(text) {
		switch {
		case r == 0, r == utf8.RuneError, r&0xfffe == 0xfffe, 0xfdd0 <= r && r <= 0xfdef:
			return false
		case isControl(r), 0xe000 <= r && r <= 0xf8ff: // private use
			odd++
		}
	}
	return odd == 0 && controls(text) <= len(text)/64
}
