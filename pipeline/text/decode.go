package text

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Version of what is decoded, and how. Raise it whenever any file would become
// another text.
const Version = 1

// Refusal says why bytes are no text.
type Refusal struct {
	// Binary says that the bytes are no text at all; otherwise their encoding
	// cannot be told.
	Binary bool
	Why    string // for people
}

// Decode returns the text of content as UTF-8, and the encoding it was in. The
// text of UTF-8 is content itself. hint is the encoding that the repository
// names for the file, or ""; it decides about what is not UTF-8.
func Decode(content []byte, hint string) (text []byte, in Encoding, refused *Refusal) {
	nul := bytes.IndexByte(content, 0)
	if nul < 0 && utf8.Valid(content) {
		return content, UTF8, nil
	}
	if in, known := named(hint); known {
		if text, ok := in.decode(content); ok && isText(text) {
			return text, in, nil
		}
	}
	if nul >= 0 || bytes.HasPrefix(content, bomLE) || bytes.HasPrefix(content, bomBE) {
		if text, in, ok := decode16(content); ok {
			return text, in, nil
		}
		if nul >= 0 {
			return nil, "", &Refusal{true, fmt.Sprintf("a NUL at byte %d", nul)}
		}
	}
	if n := controls(content); n > len(content)/64 {
		return nil, "", &Refusal{true, fmt.Sprintf("%d control characters, and not UTF-8", n)}
	}
	var found []Encoding
	for _, in := range []Encoding{ShiftJIS, GB18030, Windows1252} {
		if as, ok := in.decode(content); ok && isText(as) && in.likely(content, as) {
			found, text = append(found, in), as
		}
	}
	switch len(found) {
	case 1:
		return text, found[0], nil
	case 0:
		return nil, "", &Refusal{false, "not UTF-8, and like no other encoding that is read"}
	}
	return nil, "", &Refusal{false, fmt.Sprintf("not UTF-8, and both %s and %s could be meant", found[0], found[1])}
}

// controls counts the control characters that texts do not hold. Text in other
// encodings holds hardly any; they are a tenth of compressed or encrypted bytes.
func controls(content []byte) int {
	n := 0
	for _, b := range content {
		if b < ' ' && (b < '\b' || b > '\r') && b != 0x1b || b == 0x7f {
			n++
		}
	}
	return n
}

// isText refuses decodings that no text has.
func isText(text []byte) bool {
	odd := 0
	for _, r := range string(text) {
		switch {
		case r == 0, r == utf8.RuneError, r&0xfffe == 0xfffe, 0xfdd0 <= r && r <= 0xfdef:
			return false
		case 0x80 <= r && r < 0xa0, 0xe000 <= r && r <= 0xf8ff: // C1 controls, private use
			odd++
		}
	}
	return odd == 0 && controls(text) <= len(text)/64
}
