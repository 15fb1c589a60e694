// Package wiki makes the skeleton of a wiki from the facts about a repository: an overview, a page
// for each directory or community of files, and a table of contents, as Markdown, HTML or JSON. The
// result is a pure function of the source and of Version.
//
// It reads no store, and trusts no word of a repository. Names, paths, signatures and sentences are
// text in every format, and never markup.
package wiki

// Version of the pages. Raise it whenever the same source would give different pages.
const Version = 1
