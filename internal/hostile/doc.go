// Package hostile makes repositories that no person writes: files that parsers
// choke on, rules that never stop matching, trees that git itself refuses to
// write. Each kind has a name, makes its repository with git's plumbing in an
// empty directory, and says what an ingestor has to make of it.
//
// The test runs all of them through an ingestor, whose processes may take no
// more than 1 GiB of memory each. A new kind is a line in one of the lists.
package hostile
