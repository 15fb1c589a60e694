package extract

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"unicode/utf8"
)

// Version of what is extracted. Raise it whenever any file would become another
// text.
const Version = 1

// MaxSize is the largest file that can be read, in bytes.
const MaxSize = 64 << 20

// Format is how a file holds its text. Names are stored and shown: none changes
// its meaning.
type Format string

// The formats.
const (
	PDF  Format = "pdf"
	Docx Format = "docx"
	HTML Format = "html" // in UTF-8
)

// Known says whether f is one of the formats.
func (f Format) Known() bool { return f == PDF || f == Docx || f == HTML }

// Refusal says why there is no text.
type Refusal struct {
	Cause Cause
	Why   string // for people; nothing of it comes from the file
}

// Cause is a kind of refusals.
type Cause uint8

// The causes.
const (
	Unreadable Cause = iota // damaged, protected, without text, or over a bound
	NoProgram               // this machine lacks what reads the format
	TooLong                 // the text is longer than asked for
)

func unreadable(format string, args ...any) *Refusal {
	return &Refusal{Unreadable, fmt.Sprintf(format, args...)}
}

// Config says what reads documents.
type Config struct {
	// PDFToText is poppler's program of that name. Default: the one in PATH.
	PDFToText string
}

// Reader extracts texts. It is safe for concurrent use.
type Reader struct{ pdf func() *program }

// New returns a reader. The program that is needed is looked for when it is
// first asked about. That it is missing is no error: its files are refused.
func New(cfg Config) *Reader {
	return &Reader{pdf: sync.OnceValue(func() *program { return findProgram(cfg.PDFToText) })}
}

// Program names the program that reads PDF, with its version; "" if there is
// none.
func (r *Reader) Program() string { return r.pdf().version }

// Missing says why PDF cannot be read, and what to do; "" if it can.
func (r *Reader) Missing() string { return r.pdf().missing }

// Text returns the text of a file, which has at most most bytes. An error is
// worth another try; a refusal is not.
func (r *Reader) Text(ctx context.Context, f Format, content []byte, most int) (text []byte, refused *Refusal, err error) {
	if len(content) > MaxSize {
		return nil, unreadable("%d bytes; the limit is %d", len(content), MaxSize), nil
	}
	switch f {
	case PDF:
		text, refused, err = r.pdf().text(ctx, content, most)
	case Docx:
		text, refused = docxText(content, most)
	case HTML:
		text, refused = htmlText(content)
	default:
		refused = unreadable("format %.20q is not known", string(f))
	}
	switch {
	case err != nil || refused != nil:
		return nil, refused, err
	case len(text) > most:
		return nil, &Refusal{TooLong, fmt.Sprintf("its text has more than %d bytes", most)}, nil
	case len(bytes.TrimSpace(text)) == 0:
		return nil, unreadable("there is no text in it"), nil
	}
	return text, nil, nil
}

// clean makes a text one that can be stored: UTF-8, without control characters.
func clean(text []byte) []byte {
	if !utf8.Valid(text) {
		text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	}
	return bytes.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\f' || r == 0x7f {
			return -1
		}
		return r
	}, text)
}
