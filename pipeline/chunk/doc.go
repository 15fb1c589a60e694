// Package chunk cuts a text into chunks: the spans that are embedded, indexed
// and shown as search results.
//
// It owns where to cut. [Split] is a pure function of the language, the text
// and [Version]; it reads nothing else, so that a blob is cut once and the
// result holds wherever the same bytes appear.
//
// Go is cut by declarations, Markdown by sections, the languages that have a grammar by
// the definitions of their syntax trees, and others by their layout. Everything else, and
// text that cannot be parsed, is cut into windows of lines. The spans of any text tile it:
// no byte is lost or in two spans, no span is longer than [Max], and a span begins at the
// beginning of a line unless that line alone is longer than Max.
//
// Texts come from anyone's repositories. A text that takes a parser too long, or nests too
// deep for it, is cut by lines. Counting decides that and never a clock, so that the same
// text is cut in the same way on every machine.
package chunk
