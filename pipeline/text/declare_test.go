package text

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/traditionalchinese"
)

func TestDeclaredEncodingsAreRead(t *testing.T) {
	for _, test := range []struct {
		name  string
		codec encoding.Encoding
		text  string
		hint  string
		want  Encoding
	}{
		{"a cookie of Python", charmap.KOI8R, "# -*- coding: koi8-r -*-\n" + russian, "", "koi8-r"},
		{"a cookie in the second line", charmap.Windows1251, "#!/usr/bin/env python\n# coding=cp1251\n" + russian, "", "windows-1251"},
		{"a cookie of Ruby", japanese.EUCJP, "# encoding: euc-jp\n" + nihongo, "", "euc-jp"},
		{"a cookie of Emacs", charmap.ISO8859_2, "/* -*- coding: iso-8859-2-unix -*- */\n" + polish, "", "iso-8859-2"},
		{"a line of Vim at the end", charmap.ISO8859_9, turkish + "// vim: set fenc=iso-8859-9 :\n", "", "windows-1254"},
		{"the head of XML", charmap.Windows1251, "<?xml version=\"1.0\" encoding=\"windows-1251\"?>\n<a>" + russian + "</a>\n", "", "windows-1251"},
		{"the head of HTML", traditionalchinese.Big5, "<html><head><meta charset=\"big5\"></head>" + fanti + "</html>\n", "", "big5"},
		{"the head of HTML, in the old form", korean.EUCKR, "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=euc-kr\">" + hangul, "", "euc-kr"},
		{"a style sheet", charmap.Windows1251, "@charset \"windows-1251\";\n" + russian, "", "windows-1251"},
		{"the head of XML between other quotes", charmap.ISO8859_2, "<?xml version='1.0' encoding='ISO-8859-2' standalone='yes'?>\n<a>" + polish + "</a>\n", "", "iso-8859-2"},
		{"the head of HTML, without quotes", charmap.Windows1251, "<!DOCTYPE html><HTML><META CHARSET=windows-1251><P>" + russian, "", "windows-1251"},
		{"the head of HTML, in another order", japanese.ShiftJIS, "<meta content='text/html;charset=Shift_JIS' http-equiv='content-type'>" + nihongo, "", ShiftJIS},
		{"a cookie among others", charmap.Windows1251, "# -*- mode: ruby; coding: windows-1251 -*-\n" + russian, "", "windows-1251"},
		{"a cookie of Lisp", charmap.KOI8R, ";; -*- coding: koi8-r; mode: emacs-lisp -*-\n" + russian, "", "koi8-r"},
		{"a cookie of Vim", charmap.Windows1251, "# vim: set fileencoding=cp1251 :\n" + russian, "", "windows-1251"},
		{"variables of Emacs", charmap.KOI8R, russian + "// Local Variables:\n// mode: c\n// coding: koi8-r\n// End:\n", "", "koi8-r"},
		{"a name of the repository", charmap.KOI8R, russian, "koi8-r", "koi8-r"},
		{"latin-1", charmap.Windows1252, "# -*- coding: latin-1 -*-\n# \xb0 prüfe\n", "", Windows1252},
	} {
		text := strings.ToValidUTF8(test.text, "°")
		content := encode(t, test.codec, text)
		got, in, refused := Decode(content, test.hint)
		if refused != nil || string(got) != text || in != test.want {
			t.Errorf("%s: %q in %q, refused %+v; want %q", test.name, got, in, refused, test.want)
			continue
		}
		// The file is read again by the name of the encoding that was found.
		if again, as, _ := Decode(content, string(in)); string(again) != text || as != in {
			t.Errorf("%s: %q in %q on a second reading", test.name, again, as)
		}
		for _, at := range []int{0, strings.Index(text, "\n") + 1, len(text)} {
			if want := len(encode(t, test.codec, text[:at])); in.Offset([]byte(text), at) != want {
				t.Errorf("%s: byte %d of the text is at %d, want %d", test.name, at, in.Offset([]byte(text), at), want)
			}
		}
	}
}

// TestStrayBytesOfDeclaredEncodings reads text in an encoding that it declares, with a byte that
// the encoding does not have.
func TestStrayBytesOfDeclaredEncodings(t *testing.T) {
	for _, test := range []struct {
		name          string
		codec         encoding.Encoding
		before, after string
		stray         string
		want          Encoding
	}{
		{"latin-1", charmap.Windows1252, "# -*- coding: latin-1 -*-\n" + german, german, "\x81", "windows-1252-repaired"},
		{"XML", charmap.Windows1251, "<?xml version=\"1.0\" encoding=\"windows-1251\"?>\n<a>" + russian, russian + "</a>\n", "\x98", "windows-1251-repaired"},
		{"half a character", japanese.EUCJP, "# encoding: euc-jp\n" + nihongo, "\n" + nihongo, "\xa4", "euc-jp-repaired"},
		{"a NUL", charmap.KOI8R, "# -*- coding: koi8-r -*-\n" + russian, russian, "\x00", "koi8-r-repaired"},
	} {
		before, after := encode(t, test.codec, test.before), encode(t, test.codec, test.after)
		content := slices.Concat(before, []byte(test.stray), after)
		got, in, refused := Decode(content, "")
		if want := test.before + "?" + test.after; refused != nil || in != test.want || string(got) != want {
			t.Errorf("%s: %q in %q, refused %+v; want %q", test.name, got, in, refused, want)
			continue
		}
		if again, as, _ := Decode(content, string(in)); as != in || string(again) != string(got) {
			t.Errorf("%s: %q in %q on a second reading", test.name, again, as)
		}
		at := len(test.before) + 1
		if want := len(before) + 1; in.Offset(got, at) != want {
			t.Errorf("%s: what follows the stray byte is at %d, want %d", test.name, in.Offset(got, at), want)
		}
	}
}

func TestStrayBytesDropNoFile(t *testing.T) {
	code := strings.Repeat("int grind(int sacks) { return sacks; }\n", 20)
	for name, content := range map[string]string{
		"in ASCII":                   code + "// \x81\n" + code,
		"in UTF-8":                   code + "// Größe \xff prüfen, Länge prüfen\n" + code,
		"half a character":           code + "// Gr\xc3\n// Öffnung, Größe, Länge, prüfen\n",
		"in Chinese":                 zhongwen + "// \x80\n" + zhongwen,
		"at the end":                 code + nihongo + "\xe3\x81",
		"a cookie that is wrong":     "# -*- coding: utf-8 -*-\n" + code + "# \x90\x81\n",
		"a declaration that is none": "# coding: none-such\n" + code + "# \x9d\n",
	} {
		text, in, refused := Decode([]byte(content), "")
		if refused != nil || in != Repaired || len(text) != len(content) || !strings.Contains(string(text), "?") {
			t.Errorf("%s: %q in %q, refused %+v", name, text, in, refused)
			continue
		}
		if again, as, _ := Decode([]byte(content), string(in)); as != in || string(again) != string(text) {
			t.Errorf("%s: %q on a second reading", name, as)
		}
	}
}
