package pipeline

import (
	"context"
	"fmt"

	"github.com/leatworks/leat/pipeline/extract"
	"github.com/leatworks/leat/pipeline/secret"
	"github.com/leatworks/leat/pipeline/text"
)

// Content is what leat makes of a file's bytes: the text that is stored, cut,
// embedded and shown. Its SHA-256 is the blob's name.
type Content struct {
	secret.Masked // Text is UTF-8 without secrets

	// Encoding is how the file holds its text: an encoding, or a format of
	// package extract. By it the same text is made of the file again.
	Encoding text.Encoding
}

// ReadContent decodes a file and masks its secrets. It is a pure function of
// the bytes and of the encoding that is named, if one is: who reads the file
// again gets the same text.
func ReadContent(content []byte, encoding string) (Content, *text.Refusal) {
	decoded, in, refused := text.Decode(content, encoding)
	if refused != nil {
		return Content{}, refused
	}
	return Content{secret.Mask(decoded), in}, nil
}

// Documents reads files that are no text but hold one.
type Documents struct{ *extract.Reader }

// ReadDocument takes the text, of at most most bytes, out of a file, and masks
// its secrets. Of the same bytes the same program makes the same text. HTML is
// decoded before, by what its bytes alone tell.
func (d Documents) ReadDocument(ctx context.Context, content []byte, format extract.Format, most int) (Content, *extract.Refusal, error) {
	if format == extract.HTML {
		decoded, _, refused := text.Decode(content, "")
		if refused != nil {
			return Content{}, &extract.Refusal{Cause: extract.Unreadable, Why: refused.Why}, nil
		}
		content = decoded
	}
	extracted, refused, err := d.Text(ctx, format, content, most)
	if refused != nil || err != nil {
		return Content{}, refused, err
	}
	return Content{secret.Mask(extracted), text.Encoding(format)}, nil, nil
}

// Again makes the text that was stored of a file, by the encoding that stands
// with its document.
func (d Documents) Again(ctx context.Context, content []byte, encoding string, most int) ([]byte, error) {
	if format := extract.Format(encoding); format.Known() {
		made, refused, err := d.ReadDocument(ctx, content, format, most)
		if refused != nil {
			return nil, fmt.Errorf("read as %s: %s", format, refused.Why)
		}
		return made.Text, err
	}
	made, refused := ReadContent(content, encoding)
	if refused != nil {
		return nil, fmt.Errorf("it is no text: %s", refused.Why)
	}
	return made.Text, nil
}
