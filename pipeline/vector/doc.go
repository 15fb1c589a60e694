// Package vector is the seam of the vector store: the points of the index, the
// questions asked of them, and [Store], the contract of a driver. The driver of
// Qdrant is in the room below; package vectortest holds the tests that every
// driver passes. This package imports no driver, and nothing but a driver and
// the program that opens it knows which store there is.
//
// A collection holds points. A point has an id, a dense vector, a sparse vector
// of term weights and a [Payload]. A collection fixes the dimensions of the dense
// vector and its distance; an alias is a second name of a collection, which can be
// moved to another one in one step.
//
// Everything in a store is derived from the catalog and may be lost: nothing in
// this package decides what should exist.
//
// What every driver needs and no store decides is here as well: the checks of
// points and queries, globs ([Filter.Plan]), and the fusion of rankings ([Rank]).
package vector
