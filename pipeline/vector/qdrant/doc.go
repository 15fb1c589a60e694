// Package qdrant is the driver of Qdrant. It implements [vector.Store] over gRPC. It owns the shape of a collection
// (the named vectors, the payload's fields and their indexes), the size of calls, and what Qdrant's errors mean to
// leat.
//
// The vectors are named "dense" and "text". The payload's fields are those of [vector.Payload], without empty texts.
// The field "dirs" lists every directory above the path, because Qdrant compares values and not prefixes. The field
// "names" lists the names by which readers may ask for the chunk's definitions.
package qdrant
