// Package lang decides whether a file of a repository is indexed, gives the reason if not, and names the file's
// language.
//
// It owns the rules (sizes, globs, .leatignore, .gitattributes, vendored and generated code, lock files, dumps of data)
// and the names of the reasons. It reads no file and no repository: the caller passes paths, sizes and contents, in two
// calls. [Rules.Path] judges by the entry of the tree, so most files that are left out are never read. [Rules.Content]
// judges the other files.
//
// Everything in the package is a pure function: the same configuration, rule files, path and content give the same
// verdict on any machine.
//
// .leatignore is read as git reads .gitignore, and .gitattributes as git reads it. The tests compare both with git.
// Nothing from a repository is trusted: rule files are bounded, matching takes time proportional to pattern times path,
// and detection looks at a bounded sample.
package lang
