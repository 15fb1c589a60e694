// Package extract takes the text out of files that hold it in another format: PDF, Word's .docx, and HTML pages.
//
// It owns the layout of such a text, and the bounds for reading it. Anybody may have written the file. So the package
// bounds the size of the file's unpacked parts, the depth of its nesting, and the time and memory of the program that
// reads PDF. No name in the file becomes a path. A file that cannot be read within the bounds is refused with a reason.
//
// A text is a function of the file's bytes and of [Version]. The text of a PDF also depends on the installed program,
// which [Reader.Program] names. A text is UTF-8 without control characters other than tabs, line ends and, in a PDF, a
// form feed on a line of its own before each page except the first.
package extract
