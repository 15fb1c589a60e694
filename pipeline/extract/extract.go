package extract

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"unicode/utf8"
)

// Version is the version of the extraction. Raise it with every change that gives any file another text.
const Version = 2

// MaxSize is the largest file that can be read, in bytes.
const MaxSize = 64 << 20

// maxTags bounds the tags of an HTML or XML file. A text of a thousand pages has some hundred thousand.
const maxTags = 4 << 20

// Format says how a file holds its text. The names are stored and shown, so none may change its meaning.
type Format string

// The formats.
const (
	PDF  Format = "pdf"
	Docx Format = "docx"
	HTML Format = "html" // its bytes must be UTF-8
)

// Known reports whether f is one of the formats.
func (f Format) Known() bool { return f == PDF || f == Docx || f == HTML }

// Refusal says why a file has no text.
type Refusal struct {
	Cause Cause
	Why   string // for people; quotes nothing from the file
}

// Cause is a kind of refusal.
type Cause uint8

// The causes.
const (
	Unreadable Cause = iota // damaged, protected, without text, or over a bound
	NoProgram               // this machine lacks the program that reads the format
	TooLong                 // the text is longer than the caller allows
)

func unreadable(format string, args ...any) *Refusal {
	return &Refusal{Unreadable, fmt.Sprintf(format, args...)}
}

// Config names the program that reads PDF files.
type Config struct {
	// PDFToText is poppler's program of that name. Default: the one in PATH.
	PDFToText string
}

// Reader extracts texts from files. It is safe for concurrent use.
type Reader struct{ pdf func() *program }

// New returns a reader, which looks for the program when it first needs it. A missing program is not an error. The
// files that need the program are refused.
func New(cfg Config) *Reader {
	return &Reader{pdf: sync.OnceValue(func() *program { return findProgram(cfg.PDFToText) })}
}

// Program returns the name and the version of the program that reads PDF, or "" if there is none.
func (r *Reader) Program() string { return r.pdf().version }

// Missing says why PDF cannot be read and what to do, or returns "" if PDF can be read.
func (r *Reader) Missing() string { return r.pdf().missing }

// Text returns the text of a file, of up to most bytes. An error is worth another attempt, but a refusal is final.
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

// until is a reader that ends when its context does. All formats are read through it. The bytes are bounded anyway, and
// until bounds the time.
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

// clean makes a text that can be stored: UTF-8 without control characters.
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
