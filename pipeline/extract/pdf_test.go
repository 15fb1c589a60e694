package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// pdfOf writes a PDF with one page for each text, line by line.
func pdfOf(pages ...string) []byte {
	var objects []string
	var kids strings.Builder
	for i, page := range pages {
		var stream strings.Builder
		stream.WriteString("BT /F1 12 Tf 72 720 Td 14 TL\n")
		for line := range strings.SplitSeq(page, "\n") {
			fmt.Fprintf(&stream, "(%s) Tj T*\n", strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`).Replace(line))
		}
		stream.WriteString("ET\n")
		objects = append(objects,
			fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>", 5+2*i),
			fmt.Sprintf("<</Length %d>>stream\n%sendstream", stream.Len(), stream.String()))
		fmt.Fprintf(&kids, "%d 0 R ", 4+2*i)
	}
	objects = append([]string{
		"<</Type/Catalog/Pages 2 0 R>>",
		fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(pages), kids.String()),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	}, objects...)
	var out bytes.Buffer
	out.WriteString("%PDF-1.4\n")
	var offsets []int
	for i, object := range objects {
		offsets = append(offsets, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	xref := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&out, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, xref)
	return out.Bytes()
}

func TestPDF(t *testing.T) {
	r := New(Config{})
	if why := r.Missing(); why != "" {
		t.Skip(why)
	}
	if !strings.HasPrefix(r.Program(), "poppler ") {
		t.Errorf("program %q", r.Program())
	}
	for _, test := range []struct {
		name    string
		content []byte
		most    int
		want    string
		refused Cause
	}{
		{name: "two pages", content: pdfOf("The wheel (of wood)\nturns slowly", "The sluice"), want: "The wheel (of wood)\nturns slowly\n\f\nThe sluice\n"},
		{name: "an empty page between", content: pdfOf("a", "", "b"), want: "a\n\f\n\f\nb\n"},
		{name: "no text", content: pdfOf("", ""), refused: Unreadable},
		{name: "no PDF", content: []byte("%PDF-1.4\nand nothing else"), refused: Unreadable},
		{name: "nothing", content: nil, refused: Unreadable},
		{name: "half of one", content: pdfOf("a")[:100], refused: Unreadable},
		{name: "too long", content: pdfOf(strings.Repeat("water and wood\n", 40)), most: 100, refused: TooLong},
		{name: "too large", content: make([]byte, MaxSize+1), refused: Unreadable},
	} {
		most := test.most
		if most == 0 {
			most = 1000
		}
		text, refused, err := r.Text(t.Context(), PDF, test.content, most)
		switch {
		case err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.want == "" && (refused == nil || refused.Cause != test.refused || refused.Why == ""):
			t.Errorf("%s: %q, refused %+v", test.name, text, refused)
		case test.want != "" && (refused != nil || squeeze(text) != test.want):
			t.Errorf("%s: %q, refused %+v; want %q", test.name, text, refused, test.want)
		}
	}
}

// squeeze leaves out blank lines, in which versions of poppler differ.
func squeeze(text []byte) string {
	s := string(text)
	for strings.Contains(s, "\n\n") {
		s = strings.ReplaceAll(s, "\n\n", "\n")
	}
	return s
}

// fake returns a reader whose pdftotext is a script.
func fake(t *testing.T, does string) *Reader {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("a shell script")
	}
	path := filepath.Join(t.TempDir(), "pdftotext")
	script := "#!/bin/sh\nif [ \"$1\" = -v ]; then echo 'pdftotext version 9.8.7, The Poppler Developers' >&2; exit 0; fi\n" + does + "\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	r := New(Config{PDFToText: path})
	if r.Missing() != "" || r.Program() != "poppler 9.8.7" {
		t.Fatalf("program %q, missing %q", r.Program(), r.Missing())
	}
	return r
}

func TestPDFProgram(t *testing.T) {
	for _, test := range []struct {
		name, does string
		want       string
		refused    string // a part of the refusal
		err        string // a part of the error
	}{
		{name: "its input", does: "exec cat", want: "in\n"},
		{name: "its arguments", does: `echo "$@" "$PWD"`, want: "-q -enc UTF-8 -eol unix -l 10001 - - /\n"},
		{name: "its environment", does: "env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD=", want: "LC_ALL=C\n"},
		{name: "what is no text", does: `printf 'a\000b\377\033[1mc\n'`, want: "ab\uFFFD[1mc\n"},
		{name: "no reading", does: "exec <&-; echo a", want: "a\n"},
		{name: "too much", does: "exec yes", refused: "more than 1000 bytes"},
		{name: "a password", does: "exit 1", refused: "password"},
		{name: "no permission", does: "exit 3", refused: "permissions"},
		{name: "another end", does: "exit 77", refused: "77"},
		{name: "a crash", does: "kill -SEGV $$", refused: "segmentation"},
		{name: "killed by another", does: "kill -KILL $$", err: "killed"},
		{name: "a file", does: "read _; exec echo a > " + filepath.Join(t.TempDir(), "a"), refused: "file size"},
	} {
		if runtime.GOOS != "linux" && test.name == "a file" {
			continue
		}
		text, refused, err := fake(t, test.does).Text(t.Context(), PDF, []byte("in\n"), 1000)
		switch {
		case test.err != "":
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: %q, %+v, %v; want the error %q", test.name, text, refused, err, test.err)
			}
		case test.refused != "":
			if err != nil || refused == nil || !strings.Contains(refused.Why, test.refused) {
				t.Errorf("%s: %q, %+v, %v; want a refusal with %q", test.name, text, refused, err, test.refused)
			}
		case err != nil || refused != nil || string(text) != test.want:
			t.Errorf("%s: %q, %+v, %v; want %q", test.name, text, refused, err, test.want)
		}
	}
}

func TestPDFHasNoNetwork(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems have no networks of a process's own")
	}
	r := fake(t, "exec cat /proc/net/dev")
	if r.pdf().attr == nil {
		t.Skip("this kernel makes no network for who asks")
	}
	text, refused, err := r.Text(t.Context(), PDF, []byte("in"), 10_000)
	if err != nil || refused != nil {
		t.Fatalf("%+v, %v", refused, err)
	}
	for line := range strings.Lines(string(text)) {
		name, counts, is := strings.Cut(line, ":")
		if is && !strings.HasPrefix(strings.TrimSpace(counts), "0 ") {
			t.Errorf("interface %s has received data", name)
		}
	}
}

func TestPDFThatTakesTooLong(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the processor's time is bounded on Linux alone")
	}
	busy := fake(t, "while :; do :; done")
	busy.pdf().cpu = time.Second
	if _, refused, err := busy.Text(t.Context(), PDF, []byte("in"), 1000); err != nil || refused == nil || !strings.Contains(refused.Why, "processor") {
		t.Errorf("busy: %+v, %v", refused, err)
	}
	idle := fake(t, "exec sleep 1000")
	idle.pdf().wait = 50 * time.Millisecond
	if _, refused, err := idle.Text(t.Context(), PDF, []byte("in"), 1000); err == nil || refused != nil {
		t.Errorf("idle: %+v, %v: it is to be tried again", refused, err)
	}
}

func TestPDFIsGivenUpWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := fake(t, "exec sleep 1000")
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, _, err := r.Text(ctx, PDF, []byte("in"), 1000); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestNoPDFProgram(t *testing.T) {
	xpdf := filepath.Join(t.TempDir(), "pdftotext")
	if err := os.WriteFile(xpdf, []byte("#!/bin/sh\necho 'pdftotext version 4.04 [www.xpdfreader.com]'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(t.TempDir(), "none"), xpdf} {
		r := New(Config{PDFToText: path})
		_, refused, err := r.Text(t.Context(), PDF, pdfOf("a"), 1000)
		if err != nil || refused == nil || refused.Cause != NoProgram || !strings.Contains(refused.Why, "poppler-utils") || r.Program() != "" {
			t.Errorf("%s: %+v, %v", path, refused, err)
		}
	}
}

func FuzzPages(f *testing.F) {
	for _, s := range []string{"a\n\fb\n\f", "\f\f", "a\f\n\fb", "\xff\x00\f\r\n", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		text := pages(clean(said))
		checkText(t, text)
		for i, b := range text {
			if b == '\f' && (i > 0 && text[i-1] != '\n' || text[i+1] != '\n') {
				t.Fatalf("a form feed within a line of %q", text)
			}
		}
		if words := bytes.Join(bytes.Fields(clean(said)), nil); !bytes.Equal(bytes.Join(bytes.Fields(text), nil), words) {
			t.Fatalf("%q has other words than %q", text, said)
		}
	})
}
