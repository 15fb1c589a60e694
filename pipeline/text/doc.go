// Package text makes text of the bytes of a file.
//
// It owns encodings. What leat stores, cuts and shows is UTF-8; a file in
// UTF-16, Windows-1252, Shift JIS or GB 18030 is decoded, and [Encoding.Offset]
// leads from a place in the text back to the byte of the file. A decoding counts
// only if it encodes to the very bytes again: none is lossy.
//
// [Decode] is a pure function of the bytes and of the encoding that the
// repository names, if it does. It does not guess: what could be read in two
// ways, or in none, is refused with the reason.
package text
