// Package text turns the bytes of a file into text.
//
// It owns encodings. leat stores, cuts and shows UTF-8. A file in another
// encoding is decoded if it declares that encoding, or looks like one of a few,
// and [Encoding.Offset] leads from a place in the text back to the byte of the
// file. A decoding counts only if it encodes to the very same bytes again. The
// one exception is [Repaired], where a question mark replaces each byte that is
// not UTF-8.
//
// [Decode] is a pure function of the bytes and of the encoding that the
// repository names, if any. A text that fits two encodings, or none, is refused
// with the reason.
package text
