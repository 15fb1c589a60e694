package lang

import (
	"bytes"
	"path"
	"strings"
)

// document is a format of files that are no text and hold one.
type document struct {
	format   string
	language string // the name that hits and filters show, as they do go-enry's
	mark     []byte // in its first bytes
}

// documents by the end of their names. Whatever the name, a file without the
// mark is one like others.
var documents = map[string]document{
	".pdf":  {"pdf", "PDF", []byte("%PDF-")},
	".docx": {"docx", "Word", []byte("PK\x03\x04")},
}

// maxMark is how far into a file its mark may stand: programs let other bytes
// stand before a PDF.
const maxMark = 1024

func documentOf(name string) (document, bool) {
	d, ok := documents[strings.ToLower(path.Ext(name))]
	return d, ok
}

// most is the largest file of that name that is read, in bytes.
func (r *Rules) most(name string) int64 {
	if _, is := documentOf(name); is {
		return max(r.config.MaxBytes, r.config.MaxDocument)
	}
	return r.config.MaxBytes
}

// MaxText is the largest text that is indexed, in bytes.
func (r *Rules) MaxText() int { return int(min(r.config.MaxBytes, 1<<30)) }

// Document judges a file that Path let through by its first bytes, if it is no
// text but holds one: then it names the format, and the language in which its
// text counts. Of other files it says nothing.
func (r *Rules) Document(path, content []byte) (format string, v Verdict) {
	d, named := documentOf(string(path))
	if !named || !bytes.Contains(content[:min(len(content), maxMark)], d.mark) {
		return "", Verdict{}
	}
	switch {
	case d.format == "pdf" && r.config.NoPDF, d.format == "docx" && r.config.NoDocx:
		return "", Verdict{Skip: ReasonFormat, Detail: d.language}
	case r.config.NoDocumentation:
		return "", Verdict{Skip: ReasonDocs, Detail: d.language}
	}
	return d.format, Verdict{Language: d.language}
}

// PageText says whether a text in a language may be a page whose text is
// wanted instead.
func (r *Rules) PageText(language string) bool { return language == "HTML" && !r.config.HTMLSource }
