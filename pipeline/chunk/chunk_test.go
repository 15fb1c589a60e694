package chunk

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/leatworks/leat/internal/race"
)

var update = flag.Bool("update", false, "write the golden files anew")

// samples in testdata, and their languages.
var samples = map[string]string{
	"broken.go.txt":   "Go",
	"sample.c":        "C",
	"sample.cpp":      "C++",
	"sample.cs":       "C#",
	"sample.css":      "CSS",
	"sample.docx.txt": "Word",
	"sample.go.txt":   "Go",
	"sample.ejs":      "EJS",
	"sample.graphql":  "GraphQL",
	"sample.html":     "HTML",
	"sample.ini":      "INI",
	"sample.ipynb":    "Jupyter Notebook",
	"sample.java":     "Java",
	"sample.js":       "JavaScript",
	"sample.json":     "JSON",
	"sample.kt":       "Kotlin",
	"sample.less":     "Less",
	"sample.lua":      "Lua",
	"sample.md":       "Markdown",
	"sample.page.txt": "HTML",
	"sample.pdf.txt":  "PDF",
	"sample.php":      "PHP",
	"sample.proto":    "Protocol Buffer",
	"sample.py":       "Python",
	"sample.rb":       "Ruby",
	"sample.rs":       "Rust",
	"sample.rst":      "reStructuredText",
	"sample.scala":    "Scala",
	"sample.scss":     "SCSS",
	"sample.sh":       "Shell",
	"sample.sql":      "SQL",
	"sample.tf":       "HCL",
	"sample.toml":     "TOML",
	"sample.ts":       "TypeScript",
	"sample.adoc":     "AsciiDoc",
	"sample.astro":    "Astro",
	"sample.mdx":      "MDX",
	"sample.rmd":      "RMarkdown",
	"sample.svelte":   "Svelte",
	"sample.vue":      "Vue",
	"sample.tsx":      "TSX",
	"sample.txt":      "Text",
	"sample.yaml":     "YAML",

	"sample.clj":        "Clojure",
	"sample.cmake":      "CMake",
	"sample.cshtml":     "HTML+Razor",
	"sample.dart":       "Dart",
	"sample.dockerfile": "Dockerfile",
	"sample.erb":        "HTML+ERB",
	"sample.erl":        "Erlang",
	"sample.ex":         "Elixir",
	"sample.f90":        "Fortran Free Form",
	"sample.hs":         "Haskell",
	"sample.jinja":      "Jinja",
	"sample.jl":         "Julia",
	"sample.m":          "Objective-C",
	"sample.mk":         "Makefile",
	"sample.ml":         "OCaml",
	"sample.nix":        "Nix",
	"sample.pl":         "Perl",
	"sample.ps1":        "PowerShell",
	"sample.r":          "R",
	"sample.sol":        "Solidity",
	"sample.swift":      "Swift",
	"sample.zig":        "Zig",
}

// languages lists the languages of the samples, and "" for none.
var languages = append([]string{""}, slices.Compact(slices.Sorted(maps.Values(samples)))...)

// scaled returns the size of an invented text. Under the race detector, where cutting is many
// times slower, it is a quarter.
func scaled(size int) int {
	if race.On {
		return size / 4
	}
	return size
}

// spansOf cuts a text without its facts.
func spansOf(language string, text []byte) []Span {
	return split(context.Background(), language, text, nil)
}

// check fails if the spans of text break a promise of the package.
func check(t testing.TB, language string, text []byte) []Span {
	t.Helper()
	spans := spansOf(language, text)
	if len(text) == 0 && len(spans) > 0 {
		t.Fatalf("%s: %d spans of an empty text", language, len(spans))
	}
	at, line := 0, 1
	for i, s := range spans {
		for ; at < min(s.Start, len(text)); at++ { // what a notebook leaves out
			if text[at] == '\n' {
				line++
			}
		}
		last := line
		switch {
		case s.Start != at || i > 0 && s.Start != spans[i-1].End && language != "Jupyter Notebook" || s.End <= s.Start || s.End > len(text):
			t.Fatalf("%s: span %d is [%d, %d) after %d, of %d bytes", language, i, s.Start, s.End, at, len(text))
		case s.End-s.Start > Max:
			t.Fatalf("%s: span %d has %d bytes", language, i, s.End-s.Start)
		case s.StartLine != line:
			t.Fatalf("%s: span %d begins on line %d, not %d", language, i, s.StartLine, line)
		case len(s.Symbol) > MaxSymbol || !utf8.ValidString(s.Symbol):
			t.Fatalf("%s: span %d has symbol %q", language, i, s.Symbol)
		case !slices.Contains([]string{KindFunction, KindMethod, KindType, KindConst, KindVar, KindDeclarations, KindHeader, KindSection, KindCell, KindLines}, s.Kind):
			t.Fatalf("%s: span %d has kind %q", language, i, s.Kind)
		}
		checkSymbols(t, language, s)
		for ; at < s.End; at++ {
			last = line
			if text[at] == '\n' {
				line++
			}
		}
		if s.EndLine != last {
			t.Fatalf("%s: span %d ends on line %d, not %d", language, i, s.EndLine, last)
		}
		checkCut(t, text, s.Start)
	}
	if at != len(text) && language != "Jupyter Notebook" {
		t.Fatalf("%s: spans end at %d of %d bytes", language, at, len(text))
	}
	if limit := 4 + 2*len(text)/small; len(spans) > limit {
		t.Fatalf("%s: %d spans of %d bytes, over %d", language, len(spans), len(text), limit)
	}
	if again := spansOf(language, text); !reflect.DeepEqual(spans, again) {
		t.Fatalf("%s: cut differently the second time", language)
	}
	return spans
}

// checkSymbols fails if the definitions of a span break a promise.
func checkSymbols(t testing.TB, language string, s Span) {
	t.Helper()
	size := 0
	for _, d := range s.Symbols {
		size += len(d.Name)
		if d.StartLine < s.StartLine || d.EndLine < d.StartLine || d.EndLine > s.EndLine {
			t.Fatalf("%s: %q is on lines %d to %d of %d to %d", language, d.Name, d.StartLine, d.EndLine, s.StartLine, s.EndLine)
		}
		if d.Name == "" || len(d.Name) > MaxSymbol || !utf8.ValidString(d.Name) || strings.Contains(d.Name, "\n") {
			t.Fatalf("%s: a definition has the name %q", language, d.Name)
		}
	}
	if len(s.Symbols) > MaxSymbols || size > maxSymbolBytes {
		t.Fatalf("%s: %d definitions with names of %d bytes", language, len(s.Symbols), size)
	}
}

// checkCut fails if a span must not begin at start. It must begin at the beginning of a
// line, unless the line is longer than Max, and never inside a character.
func checkCut(t testing.TB, text []byte, start int) {
	t.Helper()
	if start == 0 || text[start-1] == '\n' {
		return
	}
	begin := bytes.LastIndexByte(text[:start], '\n') + 1
	length := lineEnd(text, begin) - begin
	if length <= Max {
		t.Fatalf("a cut at %d, inside a line of %d bytes", start, length)
	}
	for at := start - 1; at >= max(begin, start-utf8.UTFMax+1); at-- {
		if r, size := utf8.DecodeRune(text[at:]); r != utf8.RuneError && at+size > start {
			t.Fatalf("a cut at %d, inside the character %q", start, r)
		}
	}
}

func TestSplitGolden(t *testing.T) {
	for name, language := range samples {
		t.Run(name, func(t *testing.T) {
			if _, grammar := rules[language]; (grammar || slices.Contains([]string{"Astro", "Svelte", "Vue"}, language)) && !Trees {
				t.Skip("built without cgo")
			}
			text, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, s := range check(t, language, text) {
				first, _, _ := strings.Cut(string(text[s.Start:s.End]), "\n")
				fmt.Fprintf(&got, "%d-%d %d bytes %s %q: %s\n", s.StartLine, s.EndLine, s.End-s.Start, s.Kind, s.Symbol, first)
				for _, d := range s.Symbols {
					fmt.Fprintf(&got, "\t%d-%d %s\n", d.StartLine, d.EndLine, d.Name)
				}
			}
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(got.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("%s changed. If that is meant, raise Version and run go test -update.\ngot:\n%s\nwant:\n%s", golden, got.String(), want)
			}
		})
	}
}

// shapes lists texts that adversaries and broken generators repeat.
var shapes = []string{
	"\"", "'", "`", "[", "]", "(", "{", "<", ">", "#", "*", "_", "!", "-", "=", "|", "\\", "&", "~", "+", ":", "/", " ", "\t", "\n", "\r", "\r\n", "\x00", "\xff", "é", "世", "a",
	"a ", "a\n", "> ", "- ", "* ", "1. ", "> a\n", "- a\n", "* a\n", "1. a\n", "# a\n", "#\n", "a\n=\n", "a\n-\n", "```\n", "~~~\n", "    a\n", "\ta\n", "<a\n", "<!--", "<?", "<a>\n",
	"[a]: b\n", "[a](", "![", "**a", "*a_", "a|b\n", "|-|\n", "\n\n", "a\n\n", "- a\n\n", "> - ", ">\n", "-\n", "***\n", "\\\n", "&a;", "{#a}", "- \n  ", " \n", "\t\n", "\t-", " -\n",
	"!a", "a.", "a+", "a:", "<-", "//\n", "/*", "/**/", "func()", "func(){", "func a() {}\n", "type a b\n", "if a {} else ", "chan ", "struct{a ", "map[a]", "a[", "a(", "switch {case a:", ";", "a,", "1+", "_ ",
	"const a = 1\n", "var a, b int\n", "import \"a\"\n", "//line a:1\n", "/*line a:1*/\n", "}\n", "interface{", "a[a]", "func (a) b()\n", "type a[P any] ",
}

// shapePrefixes lists beginnings before the shapes, by language.
var shapePrefixes = map[string][]string{"Go": {"", "package a\n", "package a\nfunc b() {\n\tc = "}, "Markdown": {"", "# a\n", "- ", "> "}}

// TestSplitShapes cuts texts that repeat one thing.
func TestSplitShapes(t *testing.T) {
	for language, prefixes := range shapePrefixes {
		for _, prefix := range prefixes {
			for _, shape := range shapes {
				check(t, language, []byte(prefix+strings.Repeat(shape, scaled(12<<10)/len(shape))))
			}
		}
	}
}

// TestSplitShapesInTime cuts repetitions as large as the largest file by
// default. A cut takes well under a second; one whose time grew with the
// square of the text would take minutes.
func TestSplitShapesInTime(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const limit = 30 * time.Second
	for _, language := range []string{"Go", "Markdown"} {
		prefix := shapePrefixes[language][len(shapePrefixes[language])-1]
		for _, shape := range []string{"\"", "'", "`", "(", "[", "{", "<", ">", "#", "*", "_", "!", "- ", "\n", "a\n-\n", "[a]("} {
			start := time.Now()
			spansOf(language, []byte(prefix+strings.Repeat(shape, scaled(1<<20)/len(shape))))
			if took := time.Since(start); took > limit {
				t.Errorf("%s: %d bytes of %q took %s", language, scaled(1<<20), shape, took)
			}
		}
	}
}

// TestSplitNested deepens lists, quotes and blocks from line to line.
func TestSplitNested(t *testing.T) {
	for _, step := range []string{"- a\n", "1. a\n", "- > a\n", "-\n"} {
		for _, depth := range []int{10, 60, 400} {
			for _, after := range []string{"\n", "a\n", "a\n\n"} {
				var text bytes.Buffer
				for level := range depth {
					text.WriteString(strings.Repeat(" ", 3*level) + step)
				}
				text.WriteString(strings.Repeat(after, scaled(12<<10)/len(after)))
				check(t, "Markdown", text.Bytes())
			}
		}
	}
	for _, open := range []string{"if a {\n", "a = func() {\n", "a(\n"} {
		check(t, "Go", []byte("package a\nfunc b() {\n"+strings.Repeat(open, 10_000)))
	}
}

func TestSplitLineEnds(t *testing.T) {
	for name, language := range samples {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		spans := check(t, language, text)
		bare := check(t, language, bytes.TrimSuffix(text, newline))
		if len(bare) != len(spans) || bare[len(bare)-1].EndLine != spans[len(spans)-1].EndLine {
			t.Errorf("%s: without its last newline it has %d spans, not %d", name, len(bare), len(spans))
		}
		windows := check(t, language, bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")))
		if language != "Go" && language != "Markdown" {
			continue // fewer lines fit in a window, and fewer members in a chunk
		}
		for i := range min(len(spans), len(windows)) {
			if spans[i].Symbol != windows[i].Symbol || spans[i].StartLine != windows[i].StartLine {
				t.Errorf("%s: with CRLF span %d is %q from line %d, not %q from %d", name, i, windows[i].Symbol, windows[i].StartLine, spans[i].Symbol, spans[i].StartLine)
				break
			}
		}
	}
}

func TestSplitLongLines(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	alphabets := []string{"a", "ab ", "é", "世界 ", "\U0001F600", "\x80\xe4\xb8", "é\n", "a世\U0001F600 \n"}
	for _, alphabet := range alphabets {
		for range 15 {
			var text bytes.Buffer
			for range random.IntN(6) {
				text.WriteString(strings.Repeat(alphabet, random.IntN(12000)/len(alphabet)))
				text.WriteString(strings.Repeat("\n", random.IntN(2)))
			}
			for _, language := range []string{"", "Go", "Markdown", "Python"} {
				check(t, language, text.Bytes())
			}
		}
	}
}

func TestSplitKeepsFunctionsAlone(t *testing.T) {
	body := strings.Repeat("\tcall()\n", small/8)
	text := "package a\n\nfunc first() {\n" + body + "}\n\n// second is documented.\nfunc (r *T[K, V]) second() {\n" + body + "}\n\nfunc x() {}\n\nvar y, z = 1, 2\n"
	var got []string
	for _, s := range check(t, "Go", []byte(text)) {
		got = append(got, s.Kind+" "+s.Symbol)
	}
	want := []string{"header a", "function first", "method T.second", "declarations x, y, z"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzSpans cuts a text in the language with the given number.
func FuzzSpans(f *testing.F) {
	number := func(language string) uint8 { return uint8(slices.Index(languages, language)) }
	for name, language := range samples {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, number(language))
	}
	f.Add([]byte("package a; func b() {}; func c() {}\n/* d\n*/ var e int // f"), number("Go"))
	f.Add([]byte("---\ntitle: a\n---\n\n> # b\n\nc\nd\n===\n\n#\n\n```\n# e\n"), number("Markdown"))
	f.Add([]byte("\xef\xbb\xbfpackage a\r\n\r\nimport \"b\"\r\n"), number("Go"))
	for _, text := range []string{"#", "\f", "\f\n\f", "[", "a: |", "{\"cells\": [", "<h1", "a\n=", "$a$", "\"\"\"", "/*"} {
		for i := range languages {
			f.Add([]byte(text), uint8(i))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, number uint8) {
		language := languages[int(number)%len(languages)]
		check(t, language, text)
		// Short inputs say little about windows: the same, many times.
		if n := len(text); n > 0 && n < 1000 {
			check(t, language, bytes.Repeat(text, 1+5000/n))
		}
	})
}

func BenchmarkCut(b *testing.B) {
	for name, language := range samples {
		b.Run(language, func(b *testing.B) {
			text, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				spansOf(language, text)
			}
		})
	}
}

// The end of the context ends the cutting of a text, whatever the text holds.
func TestCutEndsWithItsContext(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	for language, text := range map[string]string{"C#": "class A{}", "Vue": "<script>let a</script>", "YAML": "a: 1", "": "text"} {
		if _, err := Cut(ended, language, []byte(text)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want %v", language, err, context.Canceled)
		}
	}
}
