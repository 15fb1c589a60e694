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
	"sample.lua":      "Lua: a language without a grammar, by lines",
	"sample.page.txt": "HTML: the text of a page",
	"sample.html":     "HTML as it is written",
	"sample.pdf.txt":  "PDF: the text that pdftotext gives",
	"sample.tf":       "HCL (Terraform)",
	"sample.txt":      "Text",
}

// TestEveryFormatHasASample fails if a language that is cut in a way of its own
// is not among the samples, or not as what it is.
func TestEveryFormatHasASample(t *testing.T) {
	alike := map[string]string{ // languages that are cut as another is
		"JSON with Comments": "JSON", "JSON5": "JSON", "PLSQL": "SQL", "PLpgSQL": "SQL", "TSQL": "SQL",
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
	for language := range rules {
		if !sampled[language] {
			t.Errorf("%s has no sample", language)
		}
	}
}

// TestChunkingPage holds docs/chunking.md against what Split does.
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
		t.Errorf("%s is not what Split does: run go test -update ./pipeline/chunk", chunkingPage)
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

Below, each chunk begins with its lines, kind, symbol and size. A longer chunk is shown by its first lines and its last
one.
`, "`", Target, Max, whole, small)

// showChunks writes a sample with its chunks.
func showChunks(out *bytes.Buffer, name string, text []byte) {
	const head = 4 // lines of a chunk
	spans := Split(samples[name], text)
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
