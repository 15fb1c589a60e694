// Package wiki makes the skeleton of a wiki from what is known of a repository: an overview,
// a page for each directory or community of files, and a table of contents, as Markdown,
// HTML or JSON. The result is a pure function of the source and of Version.
//
// It reads no store, and trusts no word of a repository: names, paths, signatures and
// sentences are text in every form, and never markup.
package wiki

// Version of the pages. Raise it whenever a page of the same source would be another.
const Version = 1
