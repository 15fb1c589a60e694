package ingest_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/extract"
	"github.com/leatworks/leat/pipeline/lang"
)

// pdfReader stands in for a version of pdftotext: it prints its input without the
// first line.
func pdfReader(t *testing.T, version string) extract.Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pdftotext")
	script := fmt.Sprintf("#!/bin/sh\n[ \"$1\" = -v ] && echo 'pdftotext version %s, Poppler' && exit\nread -r first && exec cat\n", version)
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return extract.Config{PDFToText: path}
}

func noPDFReader(t *testing.T) extract.Config {
	t.Helper()
	return extract.Config{PDFToText: filepath.Join(t.TempDir(), "none")}
}

func docx(t *testing.T, paragraphs ...string) string {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	part, err := w.Create("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	body := "<w:p><w:r><w:t>" + strings.Join(paragraphs, "</w:t></w:r></w:p><w:p><w:r><w:t>") + "</w:t></w:r></w:p>"
	if _, err := fmt.Fprintf(part, `<w:document xmlns:w="w"><w:body>%s</w:body></w:document>`, body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// textOf is the stored text of a document.
func textOf(t *testing.T, p *testpipe.Pipe, path string) string {
	t.Helper()
	var hash []byte
	if _, err := fmt.Sscanf(p.One(t, "select encode(k.blob, 'hex') from documents d join chunkings k on k.id = d.chunking where d.path = $1", path), "%x", &hash); err != nil {
		t.Fatal(err)
	}
	spans, err := p.Catalog.BlobSpans(t.Context(), [][]byte{hash})
	if err != nil {
		t.Fatal(err)
	}
	var text string
	for _, span := range spans {
		if err := p.Blobs.Read(t.Context(), []blob.Span{blob.Span(span)}, func(_ int, content []byte) error { text = string(content); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return text
}

const page = "<!doctype html>\n<html><head><title>Mills</title>\n<script>token = \"%s\"</script></head>\n<body><h1>The wheel</h1>\n<p>It turns with <b>the water</b> of the leat.</p></body></html>\n"

func TestDocumentsAreIndexedByTheirText(t *testing.T) {
	secret := githubToken("a")
	p := testpipe.Open(t, testpipe.Config{Formats: pdfReader(t, "1.0")})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text(
		"a.pdf", "%PDF-1.4\nThe sluice\nkey: "+secret+"\n\fThe pond\n\f", "b.docx", docx(t, "The mill", "password = &quot;Wh33l-of_water&quot;"),
		"c.html", fmt.Sprintf(page, secret), "d.html", "<p>a part of a page</p>\n", "e.pdf", "words\n", "f.docx", "PK\x03\x04 and no archive", "g.pdf", "%PDF-1.4\n",
	))
	p.Submit(t, repo)
	p.Settle(t)
	want := []string{
		"indexed a.pdf", "indexed b.docx", "indexed c.html", "indexed d.html", "indexed e.pdf",
		"skipped unreadable f.docx", "skipped unreadable g.pdf",
	}
	if got := states(t, p); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for path, want := range map[string]string{
		"a.pdf":  "The sluice\nkey: " + strings.Repeat("*", len(secret)) + "\n\f\nThe pond\n",
		"b.docx": "The mill\n\npassword = \"**************\"\n\n",
		"c.html": "\nMills\n\n# The wheel\nIt turns with the water of the leat.\n",
		"d.html": "<p>a part of a page</p>\n",
	} {
		if got := textOf(t, p, path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	rows := p.Rows(t, "select d.path, k.language, coalesce(d.encoding, '-') from documents d join chunkings k on k.id = d.chunking order by 1")
	if want := []string{"a.pdf PDF pdf", "b.docx Word docx", "c.html HTML html", "d.html HTML -", "e.pdf  -"}; !slices.Equal(rows, want) {
		t.Errorf("%q, want %q", rows, want)
	}
	if got, want := findings(t, p), []string{"a.pdf github-token 2", "b.docx password 3", "c.html github-token 3"}; !slices.Equal(got, want) {
		t.Errorf("findings %q, want %q", got, want)
	}
	if report, found := p.Verify(t); !report.OK || report.Documents != 5 {
		t.Errorf("verify: %+v: %v", report, found)
	}
	if all := stored(t, p); strings.Contains(all, secret) || strings.Contains(all, "Wh33l") {
		t.Error("a secret is stored")
	}
}

// Files that wait for a program are read when it is there, and anew by another
// version of it.
func TestPDFWaitsForItsReader(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{Formats: noPDFReader(t)})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.pdf", "%PDF-1.4\nThe sluice\n", "b.txt", "The pond\n"))
	p.Submit(t, repo)
	p.Settle(t)
	if got := p.One(t, "select skip_reason, skip_detail from documents where path = 'a.pdf'"); !strings.HasPrefix(got, "no_reader install pdftotext") {
		t.Errorf("without a reader: %s", got)
	}
	if !strings.Contains(p.Logs.String(), "PDF files are skipped") {
		t.Error("it does not say so at its start")
	}
	p = testpipe.Join(t, testpipe.Config{Formats: pdfReader(t, "1.0")}, p.Addresses)
	readAgain(t, p)
	if got := states(t, p); !slices.Equal(got, []string{"indexed a.pdf", "indexed b.txt"}) {
		t.Errorf("with a reader: %q", got)
	}
	before := p.One(t, "select max(revision) from snapshots")
	p = testpipe.Join(t, testpipe.Config{Formats: pdfReader(t, "2.0")}, p.Addresses)
	p.Rows(t, "delete from submissions where source = '/leat/ingestor'")
	readAgain(t, p)
	if after := p.One(t, "select max(revision) from snapshots"); after == before {
		t.Error("another version of the reader read nothing")
	}
}

// readAgain does without a push what an ingestor does every minute.
func readAgain(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	if err := p.Ingest.ReadAgain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Sync.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Settle(t)
}

// With each switch, files that are now left out go and files that are now wanted come,
// without a push. The index then equals a fresh one.
func TestSwitches(t *testing.T) {
	reader := pdfReader(t, "1.0")
	minified := "var a=1;" + strings.Repeat("b(a);", 100) + "\n"
	tree := testpipe.Text(
		"main.go", "package main\n\nfunc main() {}\n", "notes.md", "# Notes\n\nOf a mill.\n", "docs/tool.go", "package tool\n", "site.css", "a { color: red }\n",
		"page.html", fmt.Sprintf(page, ""), "a.pdf", "%PDF-1.4\nThe sluice\n", "b.docx", docx(t, "The mill"), "wide.txt", wide("a mill on a leat\n"),
		"vendor/v.go", "package v\n", "z.go", "// Code generated by z. DO NOT EDIT.\n\npackage z\n", "app.js", minified, "go.sum", "a v1 h1:b\n", "t.csv", strings.Repeat("name,street,town\n", 3000),
	)
	plain := []string{
		"indexed a.pdf", "indexed b.docx", "indexed docs/tool.go", "indexed main.go", "indexed notes.md", "indexed page.html", "indexed site.css", "indexed wide.txt",
		"skipped data t.csv", "skipped generated z.go", "skipped lock_file go.sum", "skipped minified app.js", "skipped vendored vendor/v.go",
	}
	repo := testpipe.NewRepo(t)
	repo.Commit(t, tree)
	p := testpipe.Open(t, testpipe.Config{Formats: reader})
	p.Submit(t, repo)
	p.Settle(t)
	if got := states(t, p); !slices.Equal(got, plain) {
		t.Fatalf("%q, want %q", got, plain)
	}
	for _, test := range []struct {
		filter lang.Config
		differ []string // from plain
	}{
		{lang.Config{Vendored: true}, []string{"indexed vendor/v.go"}},
		{lang.Config{Generated: true}, []string{"indexed z.go"}},
		{lang.Config{Minified: true}, []string{"indexed app.js"}},
		{lang.Config{LockFiles: true}, []string{"indexed go.sum"}},
		{lang.Config{Data: true}, []string{"indexed t.csv"}},
		{lang.Config{UTF8Only: true}, []string{"skipped encoding wide.txt"}},
		{lang.Config{NoPDF: true}, []string{"skipped format a.pdf"}},
		{lang.Config{NoDocx: true}, []string{"skipped format b.docx"}},
		{lang.Config{HTMLSource: true}, nil},
		{lang.Config{NoDocumentation: true}, []string{"skipped documentation a.pdf", "skipped documentation b.docx", "skipped documentation docs/tool.go", "skipped documentation notes.md", "skipped documentation wide.txt"}},
		{lang.Config{NoMarkup: true}, []string{"skipped markup page.html", "skipped markup site.css"}},
		{lang.Config{MaxDocument: 3, MaxBytes: 100_000}, nil},
	} {
		q := testpipe.Join(t, testpipe.Config{Formats: reader, Filter: test.filter}, p.Addresses)
		p.Rows(t, "delete from submissions where source = '/leat/ingestor'") // within the hour
		readAgain(t, q)
		want := slices.Sorted(func(yield func(string) bool) {
			byPath := make(map[string]string)
			for _, s := range slices.Concat(plain, test.differ) {
				byPath[s[strings.LastIndexByte(s, ' ')+1:]] = s
			}
			for _, s := range byPath {
				if !yield(s) {
					return
				}
			}
		})
		if got := states(t, q); !slices.Equal(got, want) {
			t.Errorf("%+v: %q, want %q", test.filter, got, want)
		}
		if source := strings.Contains(textOf(t, q, "main.go"), "func"); !source {
			t.Errorf("%+v: main.go is gone", test.filter)
		}
		if !test.filter.NoMarkup {
			if source := strings.Contains(textOf(t, q, "page.html"), "<h1>"); source != test.filter.HTMLSource {
				t.Errorf("%+v: the page is %q", test.filter, textOf(t, q, "page.html"))
			}
		}
		if report, found := q.Verify(t); !report.OK {
			t.Errorf("%+v: verify: %+v: %v", test.filter, report, found)
		}
	}
	q := testpipe.Join(t, testpipe.Config{Formats: reader}, p.Addresses)
	p.Rows(t, "delete from submissions where source = '/leat/ingestor'")
	readAgain(t, q)
	fresh := testpipe.Open(t, testpipe.Config{Formats: reader})
	fresh.Submit(t, repo)
	fresh.Settle(t)
	if got, want := q.Digest(t).Digest, fresh.Digest(t).Digest; got != want {
		t.Errorf("back where it began: digest %s, of a fresh index %s", got, want)
	}
}
