// Package scip reads indexes of the SCIP Code Intelligence Protocol, in which an
// indexer that knows the types of a language says what each name in a file means.
//
// It owns the reading of the published protobuf schema, and the form in which leat
// stores the part that it needs: the occurrences of symbols. An index comes from
// outside and is hostile until it has been checked: each count and length is bounded,
// memory grows with the bytes that have come and not with the sizes that they announce, and
// a path is only compared with others. The package does not say what a symbol means to
// leat: package graph does.
package scip
