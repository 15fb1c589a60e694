// Package qdrant is the driver of Qdrant: it implements [vector.Store] over gRPC.
// It owns the shape of a collection (the named vectors, the payload's fields and
// their indexes), the size of calls, and the meaning of Qdrant's errors to leat.
//
// The vectors are named "dense" and "text". The payload's fields are those of
// [vector.Payload]; empty texts are left out. "dirs" lists every directory above
// the path, because Qdrant compares values and not prefixes, and "names" the names
// by which the chunk's definitions are asked for.
package qdrant
