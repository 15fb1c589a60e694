package pipeline

import (
	"github.com/leatworks/leat/pipeline/secret"
	"github.com/leatworks/leat/pipeline/text"
)

// Content is what leat makes of a file's bytes: the text that is stored, cut,
// embedded and shown. Its SHA-256 is the blob's name.
type Content struct {
	secret.Masked               // Text is UTF-8 without secrets
	Encoding      text.Encoding // in which the file was
}

// ReadContent decodes a file and masks its secrets. It is a pure function of
// the bytes, of the encoding that is named, if one is, and of ContentVersion:
// who reads the file again gets the same text.
func ReadContent(content []byte, encoding string) (Content, *text.Refusal) {
	decoded, in, refused := text.Decode(content, encoding)
	if refused != nil {
		return Content{}, refused
	}
	return Content{secret.Mask(decoded), in}, nil
}
