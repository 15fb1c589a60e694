// Package content turns the bytes of a file into the text that leat stores,
// cuts, embeds and shows: decoded to UTF-8, or taken out of a PDF, .docx or
// HTML file, and without its secrets.
//
// The text is a pure function of the bytes, the named encoding, and the program's
// version, so it can be made again when a stored copy is lost. The package does not
// decide whether a file is indexed: package lang does.
package content

import (
	"context"
	"fmt"

	"github.com/leatworks/leat/pipeline/extract"
	"github.com/leatworks/leat/pipeline/secret"
	"github.com/leatworks/leat/pipeline/text"
)

// Content is the text of a file. Its SHA-256 names the blob.
type Content struct {
	secret.Masked // Text is UTF-8 without secrets

	// Encoding is how the file holds its text: a character encoding, or a
	// format of package extract. Remake needs it.
	Encoding text.Encoding
}

// Decode makes the content of a text file. encoding is the one that the
// repository names for the file; if it is empty, the encoding is detected.
func Decode(ctx context.Context, file []byte, encoding string) (Content, *text.Refusal, error) {
	decoded, found, refused := text.Decode(file, encoding)
	if refused != nil {
		return Content{}, refused, nil
	}
	masked, err := secret.Mask(ctx, decoded)
	return Content{masked, found}, nil, err
}

// Reader also reads files in a format that holds text without being text.
type Reader struct{ *extract.Reader }

// New returns a reader. It looks once for the programs that cfg names.
func New(cfg extract.Config) Reader { return Reader{extract.New(cfg)} }

// Extract makes the content of a file in a format. most bounds the text, in
// bytes. HTML is decoded first, by its bytes alone.
func (r Reader) Extract(ctx context.Context, file []byte, format extract.Format, most int) (Content, *extract.Refusal, error) {
	if format == extract.HTML {
		decoded, _, refused := text.Decode(file, "")
		if refused != nil {
			return Content{}, &extract.Refusal{Cause: extract.Unreadable, Why: refused.Why}, nil
		}
		file = decoded
	}
	extracted, refused, err := r.Text(ctx, format, file, most)
	if refused != nil || err != nil {
		return Content{}, refused, err
	}
	masked, err := secret.Mask(ctx, extracted)
	return Content{masked, text.Encoding(format)}, nil, err
}

// Remake makes the text of a file again. encoding is the one that the catalog
// holds for the document.
func (r Reader) Remake(ctx context.Context, file []byte, encoding string, most int) ([]byte, error) {
	if format := extract.Format(encoding); format.Known() {
		made, refused, err := r.Extract(ctx, file, format, most)
		if refused != nil {
			return nil, fmt.Errorf("read the file as %s: %s", format, refused.Why)
		}
		return made.Text, err
	}
	made, refused, err := Decode(ctx, file, encoding)
	if refused != nil {
		return nil, fmt.Errorf("decode the file: %s", refused.Why)
	}
	return made.Text, err
}
