// Package vector keeps points in Qdrant and searches them. It owns the shape
// of a collection (a dense vector, a sparse vector of term weights, and a
// payload with its indexes), the size of calls, and what Qdrant's errors mean
// to leat.
//
// Everything here is derived from the catalog and may be lost: nothing in this
// package decides what should exist. Every write is idempotent.
//
// Readers pass a [Filter], which must name a tenant; only [Store.ScrollAll],
// [Store.CountAll] and what deals in a [Mark], which exist to compare a
// collection with the catalog, see all tenants.
package vector
