package text

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

const (
	german   = "// Größe und Länge prüfen; für ältere Dateien übernommen.\nvoid prüfe() {}\n"
	french   = "# Vérifie que l'élève a été reçu à l'été, où qu'il soit: «déjà»\nx = 1\n"
	polish   = "// Zażółć gęślą jaźń, źródło i łódź są już świeże\n"
	russian  = "// Проверка размера файла перед записью\nint main() {}\n"
	nihongo  = "// ファイルの大きさを確認してから書き込みます。\nint main() { return 0; }\n"
	zhongwen = "// 如果文件不存在,则返回错误信息。获取用户列表的方法\nint main() { return 0; }\n"
	hangul   = "// 파일이 없으면 오류를 반환합니다. 사용자 목록을 가져옵니다\n"
	fanti    = "// 如果檔案不存在,則返回錯誤訊息。取得使用者列表的方法\n"
	turkish  = "// Dosya boyutunu kontrol ettiğimiz yer, şimdilik çalışıyor, değişebilir\n"
)

func encode(t testing.TB, e encoding.Encoding, s string) []byte {
	t.Helper()
	b, err := e.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func le(bom unicode.BOMPolicy) encoding.Encoding { return unicode.UTF16(unicode.LittleEndian, bom) }
func be(bom unicode.BOMPolicy) encoding.Encoding { return unicode.UTF16(unicode.BigEndian, bom) }

func TestDecode(t *testing.T) {
	all := german + russian + nihongo + "𝛼🔒\n"
	for _, test := range []struct {
		name    string
		content []byte
		hint    string
		want    Encoding
		text    string // "": refused
		binary  bool
	}{
		{name: "UTF-8", content: []byte(all), text: all},
		{name: "UTF-8 with a mark", content: []byte("\ufeff" + all), text: "\ufeff" + all},
		{name: "UTF-8 that is said to be UTF-16 in the working tree", content: []byte(all), hint: "UTF-16LE", text: all},
		{name: "UTF-16LE with a mark", content: encode(t, le(unicode.UseBOM), all), want: UTF16LEBOM, text: all},
		{name: "UTF-16BE with a mark", content: encode(t, be(unicode.UseBOM), all), want: UTF16BEBOM, text: all},
		{name: "UTF-16LE", content: encode(t, le(unicode.IgnoreBOM), german), want: UTF16LE, text: german},
		{name: "UTF-16BE", content: encode(t, be(unicode.IgnoreBOM), german), want: UTF16BE, text: german},
		{name: "UTF-16 of an odd length", content: append(encode(t, le(unicode.UseBOM), german), 'a'), want: "utf-16le-bom-repaired", text: german + "?"},
		{name: "UTF-16 with half a pair", content: append(encode(t, le(unicode.UseBOM), german), 0, 0xd8), want: "utf-16le-bom-repaired", text: german + "?"},
		{name: "UTF-16 of an odd length that the repository names", content: append(encode(t, be(unicode.IgnoreBOM), german), 'a'), hint: "utf-16be", want: "utf-16be-repaired", text: german + "?"},
		{name: "text that is said to be UTF-16 and has a stray byte", content: []byte("int a;\n// \x81\n"), hint: "utf-16le", want: Repaired, text: "int a;\n// ?\n"},
		{name: "UTF-32", content: encode(t, utf32.UTF32(utf32.LittleEndian, utf32.UseBOM), all), want: UTF32LEBOM, text: all},
		{name: "UTF-32, the greatest byte first", content: encode(t, utf32.UTF32(utf32.BigEndian, utf32.UseBOM), all), want: UTF32BEBOM, text: all},
		{name: "small numbers of 16 bits", content: bytes.Repeat([]byte{1, 0, 2, 0, 3, 0, 9, 0}, 20), binary: true},
		{name: "two letters of 16 bits", content: []byte("a\x00b\x00"), binary: true},
		{name: "a NUL in a text", content: []byte(strings.Repeat("some text\n", 9) + "\x00"), want: Repaired, text: strings.Repeat("some text\n", 9) + "?"},
		{name: "a NUL in UTF-8", content: []byte(german + "\x00" + german), want: Repaired, text: german + "?" + german},
		{name: "a NUL in a short text", content: []byte("a text\x00"), binary: true},
		{name: "names that NULs end", content: []byte(strings.Repeat("src/pkg/some/name.go\x00", 20)), binary: true},
		{name: "compressed", content: []byte("\x1f\x8b\x08\x01\x02\x03\xff\xfe\x04\x05\x06\xf0\x11\x12"), binary: true},
		{name: "German", content: encode(t, charmap.Windows1252, german), want: Windows1252, text: german},
		{name: "French", content: encode(t, charmap.ISO8859_1, french), want: Windows1252, text: french},
		{name: "one letter", content: []byte("caf\xe9\n"), want: Windows1252, text: "café\n"},
		{name: "a sign", content: []byte("Copyright \xa9 2020 A. Person\n"), want: Windows1252, text: "Copyright © 2020 A. Person\n"},
		{name: "quotes", content: []byte("it\x92s a \x93test\x94 \x96 of 5\x80\n"), want: Windows1252, text: "it’s a “test” – of 5€\n"},
		{name: "Japanese", content: encode(t, japanese.ShiftJIS, nihongo), want: ShiftJIS, text: nihongo},
		{name: "Japanese in EUC", content: encode(t, japanese.EUCJP, nihongo)},
		{name: "Chinese", content: encode(t, simplifiedchinese.GB18030, zhongwen), want: GB18030, text: zhongwen},
		{name: "Chinese in GBK", content: encode(t, simplifiedchinese.GBK, zhongwen), want: GB18030, text: zhongwen},
		{name: "Chinese in Big5", content: encode(t, traditionalchinese.Big5, fanti)},
		{name: "Korean", content: encode(t, korean.EUCKR, hangul)},
		{name: "Russian", content: encode(t, charmap.Windows1251, russian)},
		{name: "Russian in KOI8", content: encode(t, charmap.KOI8R, russian)},
		{name: "Polish", content: encode(t, charmap.ISO8859_2, polish)},
		{name: "Turkish", content: encode(t, charmap.ISO8859_9, turkish)},
		{name: "little Japanese, by its name", content: []byte("\x8c\xbb\n"), hint: "Shift_JIS", want: ShiftJIS, text: "現\n"},
		{name: "little Japanese", content: []byte("\x8c\xbb\n")},
		{name: "UTF-16 by its name", content: []byte("a\x00b\x00"), hint: "utf-16le", want: UTF16LE, text: "ab"},
		{name: "a name that is wrong", content: encode(t, charmap.Windows1252, german), hint: "UTF-16BE-BOM", want: Windows1252, text: german},
		{name: "a name that is unknown", content: encode(t, charmap.Windows1252, german), hint: "x-own", want: Windows1252, text: german},
	} {
		text, in, refused := Decode(test.content, test.hint)
		if test.text == "" {
			if refused == nil || refused.Binary != test.binary || refused.Why == "" {
				t.Errorf("%s: %q in %s, refused %+v; want a refusal (binary: %t)", test.name, text, in, refused, test.binary)
			}
			continue
		}
		if refused != nil || string(text) != test.text || in != test.want {
			t.Errorf("%s: %q in %q, refused %+v; want %q in %q", test.name, text, in, refused, test.text, test.want)
		}
	}
}

func TestOffset(t *testing.T) {
	for _, e := range []struct {
		codec encoding.Encoding
		text  string
		want  Encoding
	}{
		{le(unicode.UseBOM), german + nihongo + "🔒x\n", UTF16LEBOM},
		{be(unicode.IgnoreBOM), german, UTF16BE},
		{charmap.Windows1252, french, Windows1252},
		{japanese.ShiftJIS, nihongo, ShiftJIS},
		{simplifiedchinese.GB18030, zhongwen, GB18030},
	} {
		content := encode(t, e.codec, e.text)
		text, in, refused := Decode(content, "")
		if refused != nil || in != e.want {
			t.Fatalf("%s: %+v", e.want, refused)
		}
		for at := range string(text) {
			// The byte in the file is the encoding of the character in the
			// text.
			offset := in.Offset(text, at)
			_, size := utf8.DecodeRune(text[at:])
			one := encode(t, in.codec(), string(text[at:at+size]))
			if !bytes.HasPrefix(content[offset:], one) {
				t.Fatalf("%s: %q is not at byte %d", in, text[at:at+size], offset)
			}
		}
		if got := in.Offset(text, len(text)); got != len(content) {
			t.Errorf("%s: the end is at %d of %d", in, got, len(content))
		}
	}
	if got := UTF8.Offset([]byte("äb"), 2); got != 2 {
		t.Errorf("UTF-8: %d", got)
	}
	if got := Windows1252.Offset([]byte("a※b"), 4); got != 2 {
		t.Errorf("a character that is not in the encoding: %d", got)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{german, nihongo, zhongwen, "a\x00b\x00", "\xff\xfea\x00", "\xfe\xff\x00a", "\x8c\xbb", "caf\xe9"} {
		f.Add([]byte(s), "")
		f.Add([]byte(s), "shift_jis")
	}
	f.Fuzz(func(t *testing.T, content []byte, hint string) {
		text, in, refused := Decode(content, hint)
		if refused != nil {
			if text != nil || refused.Why == "" {
				t.Fatalf("%+v with %q", refused, text)
			}
			return
		}
		if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
			t.Fatalf("%q is no text", text)
		}
		if got := in.Offset(text, len(text)); got != len(content) {
			t.Fatalf("%s: the end is at %d of %d", in, got, len(content))
		}
		if again, as, _ := Decode(content, hint); as != in || !bytes.Equal(again, text) {
			t.Fatalf("%s, then %s", in, as)
		}
	})
}
