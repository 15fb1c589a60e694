// Package lang says what a file of a repository is: whether it is indexed, why
// not if it is not, and in which language it is written.
//
// It owns the rules (sizes, globs, .leatignore, .gitattributes, vendored and
// generated code, lock files, dumps of data) and the names of the reasons.
// It reads no file and no repository: the caller brings paths, sizes and
// contents, and asks twice. [Rules.Path] judges by what a tree lists, so that
// most of what is left out is never read; [Rules.Content] judges the rest.
//
// Everything in it is a pure function: the same configuration, rule files,
// path and content give the same verdict on any machine.
//
// .leatignore is read as git reads .gitignore, and .gitattributes as git does;
// the tests hold both against git. What comes from a repository is not
// trusted: rule files are bounded, matching takes time proportional to
// pattern times path, and detection looks at a bounded sample.
package lang
