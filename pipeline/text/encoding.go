package text

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// Encoding names the way in which a file's text was written. Names are stored and
// shown, so none may change its meaning.
type Encoding string

// The encodings. A byte order mark belongs to the file and not to its text,
// except in UTF-8.
const (
	UTF8        Encoding = ""
	UTF16LE     Encoding = "utf-16le"
	UTF16BE     Encoding = "utf-16be"
	UTF16LEBOM  Encoding = "utf-16le-bom"
	UTF16BEBOM  Encoding = "utf-16be-bom"
	UTF32LEBOM  Encoding = "utf-32le-bom"
	UTF32BEBOM  Encoding = "utf-32be-bom"
	Windows1252 Encoding = "windows-1252" // includes ISO 8859-1, except for controls
	ShiftJIS    Encoding = "shift_jis"
	GB18030     Encoding = "gb18030" // includes GBK and GB 2312
	// Repaired is UTF-8 with stray bytes, each of which is shown as a question
	// mark. So are those of another encoding with this suffix.
	Repaired Encoding = "utf-8" + suffix
)

const suffix = "-repaired"

// marked are the encodings with a byte order mark. That of UTF-16 is also the beginning of
// that of UTF-32.
var marked = []Encoding{UTF32LEBOM, UTF32BEBOM, UTF16LEBOM, UTF16BEBOM}

func isMarked(content []byte) bool {
	return slices.ContainsFunc(marked, func(in Encoding) bool { return bytes.HasPrefix(content, in.mark()) })
}

// repaired is the encoding with stray bytes.
func (in Encoding) repaired() Encoding {
	if in == UTF8 {
		return Repaired
	}
	return in.plain() + suffix
}

func (in Encoding) isRepaired() bool { return strings.HasSuffix(string(in), suffix) }

// plain is the encoding without stray bytes.
func (in Encoding) plain() Encoding {
	if in == Repaired {
		return UTF8
	}
	return Encoding(strings.TrimSuffix(string(in), suffix))
}

// aliases are the names that .gitattributes and editors use, in lower case
// without marks.
var aliases = map[string]Encoding{
	"utf16le": UTF16LE, "utf16be": UTF16BE, "utf16lebom": UTF16LEBOM, "utf16bebom": UTF16BEBOM, "utf32lebom": UTF32LEBOM, "utf32bebom": UTF32BEBOM,
	"windows1252": Windows1252, "cp1252": Windows1252, "iso88591": Windows1252, "latin1": Windows1252, "latin": Windows1252, "usascii": Windows1252, "isolatin1": Windows1252, "l1": Windows1252,
	"shiftjis": ShiftJIS, "sjis": ShiftJIS, "windows31j": ShiftJIS, "cp932": ShiftJIS, "mskanji": ShiftJIS,
	"gb18030": GB18030, "gbk": GB18030, "gb2312": GB18030, "cp936": GB18030, "euccn": GB18030,
}

// named finds an encoding by a name: one of the aliases, or of the labels of
// the WHATWG's Encoding Standard, which browsers know.
func named(name string) (Encoding, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	for _, ending := range []string{"-unix", "-dos", "-mac"} { // suffixes of Emacs
		name = strings.TrimSuffix(name, ending)
	}
	if name == string(Repaired) {
		return Repaired, true
	}
	if plain, is := strings.CutSuffix(name, suffix); is {
		in, known := named(plain)
		return in.repaired(), known
	}
	if in, ok := aliases[strings.NewReplacer("-", "", "_", "", " ", "").Replace(name)]; ok {
		return in, true
	}
	for _, label := range []string{name, strings.ReplaceAll(name, "_", "-")} {
		codec, err := htmlindex.Get(label)
		if err != nil {
			continue
		}
		canonical, err := htmlindex.Name(codec)
		if err != nil || canonical == "utf-8" || canonical == "replacement" || canonical == "x-user-defined" {
			return "", false
		}
		return Encoding(canonical), true
	}
	return "", false
}

// codec returns the library's codec of the encoding.
func (in Encoding) codec() encoding.Encoding {
	switch in = in.plain(); in {
	case UTF32LEBOM:
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
	case UTF32BEBOM:
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
	case UTF16LE, UTF16LEBOM:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case UTF16BE, UTF16BEBOM:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case Windows1252:
		return charmap.Windows1252
	case ShiftJIS:
		return japanese.ShiftJIS
	case GB18030:
		return simplifiedchinese.GB18030
	}
	if codec, err := htmlindex.Get(string(in)); err == nil && in != UTF8 {
		return codec
	}
	return encoding.Nop
}

// mark returns the byte order mark at the file's beginning.
func (in Encoding) mark() []byte {
	switch in.plain() {
	case UTF16LEBOM:
		return []byte("\xff\xfe")
	case UTF16BEBOM:
		return []byte("\xfe\xff")
	case UTF32LEBOM:
		return []byte("\xff\xfe\x00\x00")
	case UTF32BEBOM:
		return []byte("\x00\x00\xfe\xff")
	}
	return nil
}

// decode returns the text, if it encodes to the same content again. That of a repaired
// encoding does not.
func (in Encoding) decode(content []byte) ([]byte, bool) {
	if in.isRepaired() {
		text, _, ok := in.repair(content)
		return text, ok
	}
	body, ok := bytes.CutPrefix(content, in.mark())
	if !ok {
		return nil, false
	}
	text, err := in.codec().NewDecoder().Bytes(body)
	if err != nil || !utf8.Valid(text) {
		return nil, false
	}
	back, err := in.codec().NewEncoder().Bytes(text)
	return text, err == nil && bytes.Equal(back, body)
}

// Offset returns the byte of the file at which a character begins, given the
// character's byte in the text. Characters that the encoding lacks, such as
// those that mask others, count as one byte.
func (in Encoding) Offset(text []byte, at int) int {
	text = text[:at]
	if in == UTF8 || in == Repaired {
		return at
	}
	size := len(in.mark())
	if back, err := in.codec().NewEncoder().Bytes(text); err == nil {
		return size + len(back)
	}
	encoder := in.codec().NewEncoder()
	for len(text) > 0 {
		_, n := utf8.DecodeRune(text)
		if back, err := encoder.Bytes(text[:n]); err == nil {
			size += len(back)
		} else {
			size++
		}
		text = text[n:]
	}
	return size
}
