// Package text makes text of the bytes of a file.
//
// It owns encodings. What leat stores, cuts and shows is UTF-8. A file in another
// encoding is decoded if it declares that encoding, or looks like one of a few,
// and [Encoding.Offset] leads from a place in the text back to the byte of the
// file. A decoding counts only if it encodes to the very bytes again. The one
// exception is [Repaired], where each byte that is not UTF-8 becomes a question
// mark.
//
// [Decode] is a pure function of the bytes and of the encoding that the
// repository names, if it does. A text that could be read in two ways, or in
// none, is refused with the reason.
package text
