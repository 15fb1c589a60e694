// Package extract takes the text out of files that hold a text in another
// format: PDF, Word's .docx, and pages of HTML.
//
// It owns the layout of such a text, and the bounds of reading it. Anybody may
// have written the file. So the size of its unpacked parts, the depth of its
// nesting, and the time and memory of the program that reads PDF are bounded,
// and no name in it becomes a path. A file that cannot be read within the
// bounds is refused with the reason.
//
// A text is a function of the bytes, of [Version], and for PDF of the program
// that is installed, which [Reader.Program] names. It is UTF-8 without control
// characters other than tabs, line ends and, in PDF, a form feed on a line of
// its own before each page but the first.
package extract
