// Package vector separates leat from the vector store. It holds the points of the index, the queries for them, and
// [Store], the contract of a driver. Package qdrant below it is the driver of Qdrant, and package vectortest holds the
// tests that every driver passes. This package imports no driver. Only a driver, and the program that opens it, know
// which store there is.
//
// A collection holds points. A point has an id, a dense vector, a sparse vector of term weights and a [Payload]. A
// collection fixes the distance and the dimensions of the dense vector. An alias is a second name of a collection,
// which can be moved to another collection in one step.
//
// Everything in a store is derived from the catalog and may be lost. Nothing in this package decides what should exist.
//
// The package also has what every driver needs and no store decides: the checks of points and queries, globs
// ([Filter.Plan]), and the fusion of rankings ([Rank]).
package vector
