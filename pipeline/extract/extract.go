package extract

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"unicode/utf8"
)

// Version of the extraction. Raise it with every change that gives any file
// another text.
const Version = 2

// MaxSize is the largest file that can be read, in bytes.
const MaxSize = 64 << 20

// maxTags is the most tags of a file in a format of tags. A text of a thousand pages has
// some hundred thousand.
const maxTags = 4 << 20

// Format is how a file holds its text. Names are stored and shown, so none may
// change its meaning.
type Format string

// The formats.
const (
	PDF  Format = "pdf"
	Docx Format = "docx"
	HTML Format = "html" // in UTF-8
)

// Known says whether f is one of the formats.
func (f Format) Known() bool { return f == PDF || f == Docx || f == HTML }

// Refusal says why a file has no text.
type Refusal struct {
	Cause Cause
	Why   string // for people; holds nothing of the file
}

// Cause is a kind of refusal.
type Cause uint8

// The causes.
const (
	Unreadable Cause = iota // damaged, protected, without text, or over a bound
	NoProgram               // this machine lacks the program that reads the format
	TooLong                 // the text is longer than asked for
)

func unreadable(format string, args ...any) *Refusal {
	return &Refusal{Unreadable, fmt.Sprintf(format, args...)}
}

// Config names the program that reads PDF files.
type Config struct {
	// PDFToText is poppler's program of that name. Default: the one in PATH.
	PDFToText string
}

// Reader extracts texts. It is safe for concurrent use.
type Reader struct{ pdf func() *program }

// New returns a reader. It looks for the program when it is first needed. A
// missing program is no error: the files that need it are refused.
func New(cfg Config) *Reader {
	return &Reader{pdf: sync.OnceValue(func() *program { return findProgram(cfg.PDFToText) })}
}

// Program names the program that reads PDF, with its version, or is "" if there
// is none.
func (r *Reader) Program() string { return r.pdf().version }

// Missing says why PDF cannot be read and what to do, or is "" if it can be
// read.
func (r *Reader) Missing() string { return r.pdf().missing }

// Text returns the text of a file, of up to most bytes. An error is worth
// another try; a refusal is not.
func (r *Reader) Text(ctx context.Context, f Format, content []byte, most int) (text []byte, refused *Refusal, err error) {
	if len(content) > MaxSize {
		return nil, unreadable("%d bytes; the limit is %d", len(content), MaxSize), nil
	}
	switch f {
	case PDF:
		text, refused, err = r.pdf().text(ctx, content, most)
	case Docx:
		text, refused, err = docxText(ctx, content, most)
	case HTML:
		text, refused, err = htmlText(ctx, content)
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

// until ends a reader when a context does. All formats are read through it: the
// bytes are bounded, and this bounds the time.
type until struct {
	ctx  context.Context
	from io.Reader
}

func (u until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.from.Read(p[:min(len(p), 64<<10)])
}

// clean makes a text storable: UTF-8, without control characters.
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
