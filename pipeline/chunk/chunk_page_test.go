package chunk

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const chunkingPage = "../../docs/chunking.md"

// what each part of the page shows, where the name of a language does not say
// it; a language has a part a sample.
var shown = map[string]string{
	"broken.go.txt":   "Go with a syntax error",
	"sample.docx.txt": "Word: the text of a .docx",
	"sample.page.txt": "HTML: the text of a page",
	"sample.html":     "HTML as it is written",
	"sample.pdf.txt":  "PDF: the text that pdftotext gives",
	"sample.tf":       "HCL (Terraform)",
	"sample.txt":      "Text",

	"sample.cshtml": "Razor", "sample.erb": "ERB", "sample.f90": "Fortran", "sample.mk": "Make",
}

// TestEveryFormatHasASample fails if a language that is cut in a way of its own has no
// sample, or if its sample is taken for another language.
func TestEveryFormatHasASample(t *testing.T) {
	alike := map[string]string{ // languages that are cut as another is
		"JSON with Comments": "JSON", "JSON5": "JSON", "PLSQL": "SQL", "PLpgSQL": "SQL", "TSQL": "SQL",
		"Objective-C++": "Objective-C", "Fortran": "Fortran Free Form",
		"Blade": "Jinja", "HTML+EEX": "HTML+ERB", "Handlebars": "Jinja", "Liquid": "Jinja", "Twig": "Jinja",
	}
	sampled := make(map[string]bool)
	for _, language := range samples {
		sampled[language] = true
	}
	for language := range formats {
		if !sampled[cmp.Or(alike[language], language)] {
			t.Errorf("%s has no sample", language)
		}
	}
	for language := range mixed {
		if !sampled[cmp.Or(alike[language], language)] {
			t.Errorf("%s has no sample", language)
		}
	}
	for language := range layouts {
		if !sampled[cmp.Or(alike[language], language)] {
			t.Errorf("%s has no sample", language)
		}
	}
	for language := range rules {
		if !sampled[language] {
			t.Errorf("%s has no sample", language)
		}
	}
}

// TestChunkingPage compares docs/chunking.md with the results of Cut.
func TestChunkingPage(t *testing.T) {
	if !Trees {
		t.Skip("built without cgo")
	}
	var page bytes.Buffer
	page.WriteString(intro)
	names := slices.SortedFunc(func(yield func(string) bool) {
		for name := range samples {
			if !yield(name) {
				return
			}
		}
	}, func(a, b string) int { return cmp.Compare(strings.ToLower(titleOf(a)), strings.ToLower(titleOf(b))) })
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		showChunks(&page, name, text)
	}
	if *update {
		if err := os.WriteFile(chunkingPage, page.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(chunkingPage)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, page.Bytes()) {
		t.Errorf("%s is not what Cut does: run go test -update ./pipeline/chunk", chunkingPage)
	}
}

func titleOf(name string) string { return cmp.Or(shown[name], samples[name]) }

var intro = fmt.Sprintf(`# Chunks

This page shows how files are cut. A test writes it (%[1]sgo test -run ChunkingPage -update ./pipeline/chunk%[1]s) from the
samples in %[1]spipeline/chunk/testdata%[1]s.

A chunk has some %[2]d bytes, and never more than %[3]d. A definition, a section or a cell of up to %[4]d bytes stays
whole. Neighbours of fewer than %[5]d bytes are put together. A larger definition is cut into its head and its members,
and small members of one kind share a chunk. A symbol is a path of names: %[1]sMill > grind%[1]s. Text for which there is
no rule is cut between lines, preferably at a blank line or where the indentation is least. A line is cut only if it
alone has more than %[3]d bytes. [ADR 11](adr/0011-syntax-trees.md) gives the reasons, and [reading.md](reading.md) says
which files are read, and how.

Go, and the languages that have a grammar (Bash, C, C++, C#, Java, JavaScript, Kotlin, PHP, Python, Ruby, Rust, Scala,
TypeScript, TSX), are cut by their syntax trees, at 1 to 5 MB of text a second and core. The languages of %[1]slayouts%[1]s in
%[1]spipeline/chunk/layout_language.go%[1]s are cut by their layout: a pattern finds the line that begins a definition, and the
indentation, or a line such as %[1]send function%[1]s, ends it. This reads 20 MB a second or more (Elixir 31, Swift 20,
PowerShell 20 to 30, CMake 74, Perl 137, measured on two busy cores), needs no C compiler, and takes a number of steps
in proportion to the text, whatever it holds. A layout cannot see that a line is in a string of several lines whose
marks it does not know, and finds no definitions inside functions. The parsers that tree-sitter has for most of these
languages are large: those of Elixir, Haskell, Julia and OCaml have 12 to 36 MB of C each, which would compile for
minutes and double the program. Templates are cut by their named blocks, their headings, and their scripts and styles
by the rules of those.

Below, each chunk begins with its lines, kind, symbol and size. A longer chunk is shown by its first lines and its last
one.
`, "`", Target, Max, whole, small)

// showChunks writes a sample with its chunks.
func showChunks(out *bytes.Buffer, name string, text []byte) {
	const head = 4 // lines of a chunk
	spans := spansOf(samples[name], text)
	fmt.Fprintf(out, "\n## %s\n\n`%s`: %d bytes, %d chunks.\n\n~~~~text\n", titleOf(name), name, len(text), len(spans))
	for _, s := range spans {
		symbol := s.Symbol
		if symbol != "" {
			symbol = " " + symbol
		}
		fmt.Fprintf(out, "──── lines %d-%d: %s%s (%d bytes)\n", s.StartLine, s.EndLine, s.Kind, symbol, s.End-s.Start)
		lines := strings.Split(strings.TrimRight(string(text[s.Start:s.End]), "\n"), "\n")
		for i, line := range lines {
			switch {
			case i < head || i == len(lines)-1 || len(lines) <= head+2:
				out.WriteString(strings.ReplaceAll(strings.TrimRight(line, " \r"), "\f", "␌") + "\n")
			case i == head:
				out.WriteString("⋮\n")
			}
		}
	}
	out.WriteString("~~~~\n")
}
