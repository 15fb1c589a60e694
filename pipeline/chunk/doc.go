// Package chunk cuts a text into chunks: the spans that are embedded, indexed
// and shown as search results.
//
// It owns where to cut. [Split] is a pure function of the language, the text
// and [Version]; it reads nothing else, so that a blob is cut once and the
// result holds wherever the same bytes appear.
//
// Go is cut by declarations, Markdown by sections, the languages that have a
// grammar by the definitions of their syntax trees, others by their layout, and all
// else, like what cannot be parsed, into windows of lines. Whatever the text, its spans tile
// it: no byte is lost or in two spans, no span is longer than [Max], and a span
// begins at the beginning of a line unless that line alone is longer than Max.
//
// Texts come from anyone's repositories. Shapes that parsers take too long or
// too deep for are cut by lines, which is decided by counting and never by a
// clock: the same text is cut in the same way on every machine.
package chunk
