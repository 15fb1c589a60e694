// Package fact finds the facts of a program: its definitions, references and imports.
//
// It owns the vocabulary of facts, the form in which a set of them is stored,
// and their extraction from a syntax tree that somebody else has parsed:
// package chunk parses a text once, cuts it and hands the tree on. A set is a
// pure function of the text, its language and [Version]; nothing else is read,
// so a set holds wherever the same bytes appear.
//
// A reference is recorded in the form of the text, and is not resolved: package graph does
// that in a track. Names that a function itself binds (parameters, variables) are no
// references. A variable in a reference is replaced by its type, as far as the text states
// it; see [Reference].
//
// Texts come from anyone's repositories: counts and lengths are bounded, and a
// set says where it was cut. [Decode] trusts no byte.
package fact
