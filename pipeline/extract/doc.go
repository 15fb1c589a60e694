// Package extract takes the text out of files that are no text but hold one:
// PDF, Word's .docx, and pages of HTML.
//
// It owns how such a text is laid out, and what reading it may cost. A file is
// anybody's: what it may unpack to, how deep it nests, and the time and memory
// of the program that reads PDF are bounded, and no name in it becomes a path.
// What cannot be read, or not within its bounds, is refused with the reason.
//
// A text is a function of the bytes, of [Version], and for PDF of the program
// that is installed, which [Reader.Program] names. It is UTF-8 without control
// characters other than tabs, line ends and, in PDF, a form feed on a line of
// its own before each page but the first.
package extract
