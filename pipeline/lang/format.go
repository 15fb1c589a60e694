package lang

import (
	"bytes"
	"path"
	"strings"
)

// format is a kind of file that holds its text in a form of its own, such as PDF.
type format struct {
	name     string // the name that package extract uses
	language string // the name that hits and filters show, like go-enry's names of languages
	mark     []byte // text among its first bytes
}

// formats holds the formats by file extension. A file with such an extension but without the mark is judged like any
// other file.
var formats = map[string]format{
	".pdf":  {"pdf", "PDF", []byte("%PDF-")},
	".docx": {"docx", "Word", []byte("PK\x03\x04")},
}

// maxMark is how far into a file its mark may be, in bytes. Some programs write other bytes before a PDF.
const maxMark = 1024

func formatOf(name string) (format, bool) {
	f, ok := formats[strings.ToLower(path.Ext(name))]
	return f, ok
}

// most returns the size, in bytes, of the largest file with that extension that is read.
func (r *Rules) most(name string) int64 {
	if _, is := formatOf(name); is {
		return max(r.config.MaxBytes, r.config.MaxDocument)
	}
	return r.config.MaxBytes
}

// MaxText returns the size, in bytes, of the largest text that is indexed.
func (r *Rules) MaxText() int { return int(min(r.config.MaxBytes, 1<<30)) }

// Format judges a file that Path let through by its first bytes. If the file holds its text in a format, Format names
// the format and the language of the text. Otherwise it returns "" and no verdict.
func (r *Rules) Format(path, content []byte) (name string, v Verdict) {
	f, named := formatOf(string(path))
	if !named || !bytes.Contains(content[:min(len(content), maxMark)], f.mark) {
		return "", Verdict{}
	}
	switch {
	case f.name == "pdf" && r.config.NoPDF, f.name == "docx" && r.config.NoDocx:
		return "", Verdict{Skip: ReasonFormat, Detail: f.language}
	case r.config.NoDocumentation:
		return "", Verdict{Skip: ReasonDocs, Detail: f.language}
	}
	return f.name, Verdict{Language: f.language}
}

// PageText reports whether a text in this language may be a page whose visible text is indexed instead.
func (r *Rules) PageText(language string) bool { return language == "HTML" && !r.config.HTMLSource }
